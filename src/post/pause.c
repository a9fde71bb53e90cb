#include "post/pause.h"

#include "base/time.h"

enum { TRIES_MIN = 5, SPREAD = 10, HOLD_FIRST_S = 5, HOLD_MAX_S = 60 };

int64_t pause_after_us(int64_t tries, uint32_t chance) {
  static const int64_t pauses_s[] = {10, 30, 120, 600, 1800, 3600, 7200, 14400};
  const int64_t last = sizeof(pauses_s) / sizeof(pauses_s[0]) - 1;
  int64_t index = tries < 1 ? 0 : tries - 1;
  int64_t pause = pauses_s[index < last ? index : last] * TIME_SECOND_US;
  int64_t spread = pause / SPREAD;
  return pause - spread + (int64_t)(chance % (uint64_t)(2 * spread + 1));
}

bool pause_is_over(int64_t created_at, int64_t tries, int64_t next_try_at) {
  return tries >= TRIES_MIN && next_try_at - created_at > 3 * TIME_DAY_US;
}

int64_t pause_hold_us(uint32_t failures) {
  int64_t hold_s = HOLD_FIRST_S;
  for (uint32_t i = 1; i < failures && hold_s < HOLD_MAX_S; i++) {
    hold_s *= 2;
  }
  return (hold_s < HOLD_MAX_S ? hold_s : HOLD_MAX_S) * TIME_SECOND_US;
}
