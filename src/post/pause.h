#ifndef SIGAP_POST_PAUSE_H
#define SIGAP_POST_PAUSE_H

#include <stdbool.h>
#include <stdint.h>

/* How long a mail waits after its n-th failed try (n from 1): 10 s growing to 4 h, spread by a tenth
 * either way (`chance`: any random number), so that a returning server is not met by all at once. */
int64_t pause_after_us(int64_t tries, uint32_t chance);
/* The next try would come later than three days after the mail was written, and enough were
 * made: a mail that waited for a program that was switched off is not given up at its first failure. */
bool pause_is_over(int64_t created_at, int64_t tries, int64_t next_try_at);
/* How long all mails wait after the n-th failure in a row to reach the server: 5 s growing to a minute. */
int64_t pause_hold_us(uint32_t failures);

#endif
