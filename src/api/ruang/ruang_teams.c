#include "api/ruang/internal.h"

/* Teams. */

static enum status answer_team(struct call *call, int http, const char *message, const struct team *team) {
  return ruang_answer(call, http, &ruang_team_out, message, ruang_team_of(call->ctx.arena, team));
}

enum status ruang_team_list(struct call *call) {
  struct team *teams = NULL;
  size_t count = 0;
  int64_t total = 0;
  TRY(team_list(&call->ctx, ruang_skip(call), ruang_size(call), &teams, &count, &total));
  struct ruang_team *out = ARENA_ARRAY(call->ctx.arena, struct ruang_team, count);
  for (size_t i = 0; i < count; i++) {
    out[i] = *ruang_team_of(call->ctx.arena, &teams[i]);
  }
  return ruang_answer_page(call, &ruang_teams_out, "Get all divisi successful", (struct list){out, count},
                           total);
}

enum status ruang_team_get(struct call *call) {
  struct uuid id;
  TRY(ruang_id(call, &team_not_found, &id));
  struct team team;
  TRY(team_get(&call->ctx, id, &team));
  return answer_team(call, 200, "Get divisi successful", &team);
}

enum status ruang_team_create(struct call *call) {
  const struct ruang_team_in *in = call->input;
  struct team_new new_team = {.name = in->name,
                              .code = in->code,
                              .is_active = in->is_active || !field_present(&ruang_team_in, in, "is_aktif")};
  struct team team;
  TRY(team_create(&call->ctx, &new_team, &team));
  return answer_team(call, 201, "TimKerja created successfully", &team);
}

enum status ruang_team_update(struct call *call) {
  const struct ruang_team_in *in = call->input;
  struct uuid id;
  TRY(ruang_id(call, &team_not_found, &id));
  struct team_change change = {.has_name = in->name.at != NULL,
                               .has_code = in->code.at != NULL,
                               .has_active = field_present(&ruang_team_change_in, in, "is_aktif"),
                               .name = in->name,
                               .code = in->code,
                               .is_active = in->is_active};
  struct team team;
  TRY(team_update(&call->ctx, id, &change, &team));
  return answer_team(call, 200, "TimKerja updated successfully", &team);
}

enum status ruang_team_delete(struct call *call) {
  struct uuid id;
  TRY(ruang_id(call, &team_not_found, &id));
  TRY(team_delete(&call->ctx, id));
  return ruang_say(call, "Data deleted successfully");
}
