#include "api/ruang/internal.h"

/* People, as the staff screen lists and changes them. */

enum status ruang_user_list(struct call *call) {
  struct arena *arena = call->ctx.arena;
  struct team_member *members = NULL;
  size_t count = 0;
  int64_t total = 0;
  TRY(team_members(&call->ctx, ruang_skip(call), ruang_size(call), &members, &count, &total));
  struct ruang_listed *users = ARENA_ARRAY(arena, struct ruang_listed, count);
  struct ruang_listed_detail *details = ARENA_ARRAY(arena, struct ruang_listed_detail, count);
  for (size_t i = 0; i < count; i++) {
    const struct account *account = &members[i].account;
    const struct team *team = &members[i].team;
    details[i] =
        (struct ruang_listed_detail){.contact = account->phone, .team_id = team->uuid, .team = team->name};
    users[i] = (struct ruang_listed){.id = account->uuid,
                                     .name = account->name,
                                     .email = account->email,
                                     .role = ruang_role_of(account->role),
                                     .detail = &details[i]};
  }
  return ruang_answer_page(call, &ruang_users_out, "Users data retrieved successfully",
                           (struct list){users, count}, total);
}

enum status ruang_user_update(struct call *call) {
  const struct ruang_user_in *in = call->input;
  enum ruang_role word = (enum ruang_role)in->role;
  struct uuid id;
  TRY(ruang_id(call, &account_not_found, &id));
  struct team_member_change change = {.account = {.has_name = in->name.at != NULL,
                                                  .has_phone = in->contact.at != NULL,
                                                  .has_email = in->email.at != NULL,
                                                  .has_role = in->role != 0,
                                                  .name = in->name,
                                                  .phone = in->contact,
                                                  .email = in->email,
                                                  .role = ruang_desk_role(word)},
                                      .same_roles = ruang_reads_as(word),
                                      .team = in->team};
  struct team_member member;
  TRY(team_member_update(&call->ctx, id, &change, &member));
  struct ruang_user *user = ARENA_NEW(call->ctx.arena, struct ruang_user);
  *user = (struct ruang_user){.id = member.account.uuid,
                              .name = member.account.name,
                              .email = member.account.email,
                              .role = ruang_role_of(member.account.role)};
  return ruang_answer(call, 200, &ruang_user_out, "User updated successfully", user);
}

enum status ruang_user_delete(struct call *call) {
  struct uuid id;
  TRY(ruang_id(call, &account_not_found, &id));
  TRY(team_member_delete(&call->ctx, id));
  return ruang_say(call, "User successfully deleted");
}
