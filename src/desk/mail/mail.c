#include "desk/mail/mail.h"

#include "desk/statements.h"

enum { MAIL_TAKE_MAX = 1000 };

enum status mail_add(struct ctx *ctx, int64_t tenant_id, enum mail_kind kind, int64_t account_id,
                     int64_t ticket_id, int64_t value, struct str text) {
  const struct mail_insert_in in = {
      .tenant_id = tenant_id,
      .uuid = uuid_v7(ctx->now_us),
      .kind = kind,
      .account_id = account_id,
      .ticket_id = ticket_id,
      .value = value,
      .text = text,
      .created_at = ctx->now_us,
  };
  return sql_mail_insert(ctx, &in, NULL);
}

static struct mail mail_from_row(const struct mail_load_row *row) {
  return (struct mail){
      .id = row->id,
      .uuid = row->uuid,
      .tenant_id = row->tenant_id,
      .kind = (int)row->kind,
      .account_id = row->account_id,
      .ticket_id = row->ticket_id,
      .value = row->value,
      .text = row->text,
      .tries = row->tries,
      .due_at = row->due_at,
      .created_at = row->created_at,
      .to_name = row->to_name,
      .to_email = row->to_email,
      .language = (int)row->language,
      .ticket_created_at = row->ticket_created_at,
      .ticket_title = row->ticket_title,
      .ticket_status = (int)row->ticket_status,
  };
}

struct taking {
  int64_t limit, lease_until;
  struct mail *mails;
  size_t count;
};

static enum status take(struct ctx *ctx, void *arg) {
  struct taking *taking = arg;
  const struct mail_lease_in in = {
      .now = ctx->now_us, .lease_until = taking->lease_until, .limit = taking->limit};
  struct mail_lease_row *taken = NULL;
  size_t n = 0;
  TRY(sql_mail_lease_all(ctx, &in, (size_t)taking->limit, &taken, &n));
  taking->mails = ARENA_ARRAY(ctx->arena, struct mail, n);
  taking->count = 0;
  for (size_t i = 0; i < n; i++) {
    struct mail_load_row row;
    TRY(sql_mail_load(ctx, &(struct mail_load_in){.id = taken[i].id}, &row));
    if (!row.is_active || row.deleted_at != 0) {
      TRY(sql_mail_mark_failed(
          ctx, &(struct mail_mark_failed_in){.id = row.id, .reason = STR("account gone")}, NULL));
      continue;
    }
    if (str_ends(row.to_email, ".invalid")) {
      /* Nobody has an address under that name (RFC 2606, 2): there is nothing to try. */
      TRY(sql_mail_mark_sent(ctx, &(struct mail_mark_sent_in){.id = row.id, .now = ctx->now_us}, NULL));
      continue;
    }
    taking->mails[taking->count++] = mail_from_row(&row);
  }
  return STATUS_OK;
}

enum status mail_take(struct ctx *ctx, int64_t limit, int64_t lease_until, struct mail **out, size_t *count) {
  struct taking taking = {.limit = limit, .lease_until = lease_until};
  if (taking.limit > MAIL_TAKE_MAX) {
    taking.limit = MAIL_TAKE_MAX;
  } else if (taking.limit < 0) {
    taking.limit = 0;
  }
  TRY(db_write(ctx, take, &taking));
  *out = taking.mails;
  *count = taking.count;
  return STATUS_OK;
}

struct outcome {
  int64_t id, due_at;
  struct str reason;
};

static enum status mark_sent(struct ctx *ctx, void *arg) {
  const struct outcome *outcome = arg;
  return sql_mail_mark_sent(ctx, &(struct mail_mark_sent_in){.id = outcome->id, .now = ctx->now_us}, NULL);
}

enum status mail_sent(struct ctx *ctx, int64_t id) {
  return db_write(ctx, mark_sent, &(struct outcome){.id = id});
}

static enum status mark_failed(struct ctx *ctx, void *arg) {
  const struct outcome *outcome = arg;
  if (outcome->due_at == 0) {
    const struct mail_mark_failed_in in = {.id = outcome->id, .reason = outcome->reason};
    return sql_mail_mark_failed(ctx, &in, NULL);
  }
  const struct mail_mark_later_in in = {
      .id = outcome->id, .due_at = outcome->due_at, .reason = outcome->reason};
  return sql_mail_mark_later(ctx, &in, NULL);
}

enum status mail_failed(struct ctx *ctx, int64_t id, int64_t due_at, struct str reason) {
  struct outcome outcome = {id, due_at, reason.at != NULL ? reason : STR("unknown")};
  return db_write(ctx, mark_failed, &outcome);
}

enum status mail_next_due(struct ctx *ctx, int64_t *due_at) {
  struct mail_earliest_row row;
  TRY(sql_mail_earliest(ctx, &row));
  *due_at = row.due_at;
  return STATUS_OK;
}

enum status mail_stats(struct ctx *ctx, struct mail_stats *out) {
  struct mail_figures_row row;
  TRY(sql_mail_figures(ctx, &row));
  *out = (struct mail_stats){row.waiting, row.failed, row.oldest_waiting_at};
  return STATUS_OK;
}
