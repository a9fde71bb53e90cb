#include "api/hcall/internal.h"
#include "base/time.h"
#include "desk/reply/reply.h"
#include "desk/tenant/tenant.h"

/* Tickets: creating, moving, telling, listing, removing. */

bool hcall_ticket_id(struct str text, struct uuid *out) {
  enum { PREFIX = sizeof("ticket_") - 1 };
  return str_starts(text, "ticket_") &&
         uuid_parse((struct str){text.at + PREFIX, text.len - PREFIX}, out) == STATUS_OK;
}

/* An id that can't be one of ours is an id of nothing: the document has no other answer. */
static enum status ticket_id(struct call *call, struct str text, struct uuid *out) {
  return hcall_ticket_id(text, out) ? STATUS_OK : problem_set(&call->ctx, &ticket_not_found);
}

/* ---- /ticket/create ---- */

static enum status image_fault(struct call *call, size_t index, const char *why) {
  struct str field = str_format(call->ctx.arena, "tickes_images[%zu].image_content", index);
  return problem_fault(&call->ctx, field, str_of(why));
}

/* All are checked before the first is kept, so that a refused ticket leaves nothing behind. */
static enum status check_images(struct call *call, const struct hcall_image_in *images, size_t count) {
  CLEANUP_BUF struct buf content;
  buf_init(&content, FILE_IMAGE_MAX_BYTES + 8);
  enum status result = STATUS_OK;
  for (size_t i = 0; i < count; i++) {
    const char *why = NULL;
    buf_clear(&content);
    if (hcall_image_decode(images[i].content, &content, &why) != STATUS_OK) {
      result = image_fault(call, i, why);
    }
  }
  return result;
}

static enum status store_images(struct call *call, const struct hcall_image_in *images, size_t count,
                                struct file_new *files) {
  CLEANUP_BUF struct buf content;
  buf_init(&content, FILE_IMAGE_MAX_BYTES + 8);
  for (size_t i = 0; i < count; i++) {
    const char *why = NULL;
    buf_clear(&content);
    if (hcall_image_decode(images[i].content, &content, &why) != STATUS_OK) {
      return image_fault(call, i, why);
    }
    TRY(file_store_image(&call->ctx, images[i].name, buf_str(&content), &files[i]));
  }
  return STATUS_OK;
}

enum status hcall_ticket_create(struct call *call) {
  const struct hcall_ticket_create_in *in = call->input;
  const struct hcall_image_in *images = in->images.at;
  size_t count = in->images.count;
  if (count > 0 && call->lane != LANE_POOL) {
    return STATUS_SLOW; /* decoding and disk are no work for the writer */
  }
  struct file_new *files = ARENA_ARRAY(call->ctx.arena, struct file_new, count + 1);
  TRY(check_images(call, images, count));
  TRY(store_images(call, images, count, files));
  struct ticket_new new_ticket = {.title = in->name,
                                  .description = in->explain,
                                  .category = CATEGORY_TECHNICAL,
                                  .priority = PRIORITY_NORMAL,
                                  .files = files,
                                  .file_count = count};
  struct ticket ticket;
  TRY(ticket_create(&call->ctx, &new_ticket, &ticket));
  return hcall_say(call, "Ticket has been created");
}

/* ---- /ticket/edit, /ticket/update, /ticket/remove ---- */

enum status hcall_ticket_edit(struct call *call) {
  const struct hcall_edit_in *in = call->input;
  struct ticket_status_change change = hcall_status_change(in->status);
  struct uuid uuid;
  struct ticket ticket;
  TRY(ticket_id(call, in->ticket_id, &uuid));
  TRY(ticket_set_status(&call->ctx, uuid, &change, &ticket));
  return hcall_say(call, "Ticket has been edited");
}

enum status hcall_ticket_update(struct call *call) {
  const struct hcall_update_in *in = call->input;
  struct uuid uuid;
  struct ticket ticket;
  TRY(ticket_id(call, in->ticket_id, &uuid));
  TRY(ticket_reply(&call->ctx, uuid, in->text, &ticket));
  return hcall_say(call, "Update has been setting up");
}

enum status hcall_ticket_remove(struct call *call) {
  const struct hcall_ticket_id_in *in = call->input;
  /* Of a customer the document tells a foreign ticket from an unknown one. */
  bool author_only = call->who.role == ROLE_CUSTOMER;
  struct uuid uuid;
  struct ticket ticket;
  TRY(ticket_id(call, in->ticket_id, &uuid));
  enum status status = ticket_remove(&call->ctx, uuid, author_only, &ticket);
  TRY(hcall_reword(&call->ctx, status, &ticket_forbidden, &hcall_foreign_ticket));
  return hcall_say(call, "Ticket has been removed");
}

/* ---- /ticket/count ---- */

enum status hcall_ticket_count(struct call *call) {
  int64_t counts[TICKET_STATUS_COUNT] = {0};
  TRY(ticket_counts(&call->ctx, counts));
  struct hcall_counts *answer = ARENA_NEW(call->ctx.arena, struct hcall_counts);
  for (int status = TICKET_NEW; status < TICKET_STATUS_COUNT; status++) {
    enum hcall_status word = hcall_status_of(status);
    answer->total += counts[status];
    answer->pending += word == HCALL_PENDING ? counts[status] : 0;
    answer->doing += word == HCALL_DOING ? counts[status] : 0;
    answer->conclued += word == HCALL_CONCLUED ? counts[status] : 0;
  }
  return call_answer(call, 200, &hcall_counts_out, answer);
}

/* ---- /ticket/fetch ---- */

static enum status filter_author(struct call *call, struct str email, struct ticket_filter *filter) {
  struct account author;
  enum status status = account_by_email(&call->ctx, call->tenant_id, email, &author);
  TRY(hcall_reword(&call->ctx, status, &account_not_found, &hcall_no_tickets));
  filter->author_id = author.id;
  return STATUS_OK;
}

static enum status filter_date(struct call *call, struct str date, struct ticket_filter *filter) {
  struct tenant tenant;
  int64_t to_us = 0;
  TRY(tenant_get(&call->ctx, call->tenant_id, &tenant));
  if (time_day(date, str_c(call->ctx.arena, tenant.timezone), &filter->created_from, &to_us) != STATUS_OK) {
    return problem_set(&call->ctx, &hcall_bad_date);
  }
  return STATUS_OK;
}

/* What is written wrongly is told before what is not there. */
static enum status read_filter(struct call *call, struct ticket_filter *filter) {
  const struct hcall_ticket_fetch_in *in = call->query;
  int word = 0;
  if (in->status.len > 0) {
    if (word_value(hcall_status_words_in, in->status, false, &word) != STATUS_OK) {
      return problem_fault(&call->ctx, STR("status"), STR("must be pending, doing or conclued"));
    }
    filter->statuses = hcall_status_change(word).reads_as;
  }
  if (in->date.len > 0) {
    TRY(filter_date(call, in->date, filter));
  }
  if (in->author.len > 0) {
    TRY(filter_author(call, in->author, filter));
  }
  if (in->before.len > 0) {
    struct uuid uuid;
    struct ticket last;
    TRY(ticket_id(call, in->before, &uuid));
    TRY(ticket_get(&call->ctx, uuid, &last));
    filter->before_id = last.id;
  }
  return STATUS_OK;
}

/* The caller's own query, moved on to the ticket after the last one told. */
static void link_next(struct call *call, struct uuid last) {
  const struct hcall_ticket_fetch_in *in = call->query;
  char uuid[UUID_TEXT_SIZE];
  CLEANUP_BUF struct buf link;
  buf_init(&link, 4096);
  buf_add_text(&link, "</api/ticket/fetch?");
  const struct {
    const char *name;
    struct str value;
  } kept[] = {{"author", in->author}, {"status", in->status}, {"date", in->date}};
  for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
    if (kept[i].value.len > 0) {
      buf_format(&link, "%s=", kept[i].name);
      for (size_t at = 0; at < kept[i].value.len; at++) {
        buf_format(&link, "%%%02X", (unsigned)(unsigned char)kept[i].value.at[at]);
      }
      buf_add_char(&link, '&');
    }
  }
  if (in->limit > 0) {
    buf_format(&link, "limit=%lld&", (long long)in->limit);
  }
  buf_format(&link, "before=ticket_%s>; rel=\"next\"", uuid_print(last, uuid));
  call_header(call, "Link", str_copy(call->ctx.arena, buf_str(&link)));
}

enum status hcall_ticket_fetch(struct call *call) {
  struct ctx *ctx = &call->ctx;
  call_widen(call);
  const struct hcall_ticket_fetch_in *in = call->query;
  struct ticket_filter filter = {.brief = true};
  TRY(read_filter(call, &filter));
  bool pool = call->lane == LANE_POOL;
  size_t wanted = in->limit > 0 ? (size_t)in->limit : HCALL_LIST_MAX;
  size_t most = pool || wanted < HCALL_LIST_INLINE_MAX ? wanted : HCALL_LIST_INLINE_MAX;
  filter.limit = (int64_t)most + 1;
  struct ticket *rows = NULL;
  size_t count = 0;
  TRY(call_or_slow(call, ticket_list(ctx, &filter, &rows, &count)));
  if (count > most && most < wanted) {
    return STATUS_SLOW;
  }
  bool filtered = in->author.len > 0 || in->status.len > 0 || in->date.len > 0;
  if (count == 0 && filtered) {
    return problem_set(ctx, &hcall_no_tickets);
  }
  if (count > most) {
    count = most;
    link_next(call, rows[count - 1].uuid);
  }
  struct hcall_tickets *answer = ARENA_NEW(ctx->arena, struct hcall_tickets);
  struct hcall_ticket *tickets = ARENA_ARRAY(ctx->arena, struct hcall_ticket, count + 1);
  for (size_t i = 0; i < count; i++) {
    tickets[i] = (struct hcall_ticket){.id = rows[i].uuid,
                                       .name = rows[i].title,
                                       .author = rows[i].author_email,
                                       .status = hcall_status_of(rows[i].status),
                                       .date = rows[i].created_at};
  }
  answer->tickets = (struct list){tickets, count};
  return call_answer(call, 200, &hcall_tickets_out, answer);
}

/* ---- /ticket/info ---- */

static void release_content(void *content) {
  buf_release(content);
}

/* What this document calls an image: a picture of the ticket itself that is kept here. */
static bool is_image(const struct file *file) {
  return (file->type == FILE_JPEG || file->type == FILE_PNG) && file->url.at == NULL && file->reply_id == 0 &&
         file->size <= FILE_IMAGE_MAX_BYTES;
}

/* The pictures' bytes stand beside the arena, which is not made for tens of megabytes, and go with it. */
static enum status load_images(struct call *call, const struct ticket *ticket, struct list *out) {
  struct ctx *ctx = &call->ctx;
  struct file *files = NULL;
  size_t count = 0;
  TRY(file_list(ctx, ticket->id, &files, &count));
  struct hcall_image *images = ARENA_ARRAY(ctx->arena, struct hcall_image, FILE_IMAGES_MAX);
  size_t shown = 0;
  for (size_t i = 0; i < count && shown < FILE_IMAGES_MAX; i++) {
    if (!is_image(&files[i])) {
      continue;
    }
    struct buf *content = ARENA_NEW(ctx->arena, struct buf);
    buf_init(content, FILE_IMAGE_MAX_BYTES);
    arena_defer(ctx->arena, release_content, content);
    TRY(file_read(ctx, &files[i], content));
    images[shown++] = (struct hcall_image){.id = files[i].uuid,
                                           .name = files[i].name,
                                           .type = str_of(file_mime(files[i].type)),
                                           .content = buf_str(content),
                                           .uploaded_at = files[i].created_at};
  }
  *out = (struct list){images, shown};
  return STATUS_OK;
}

static enum status load_history(struct call *call, const struct ticket *ticket, struct list *out) {
  struct reply *replies = NULL;
  size_t count = 0;
  TRY(call_or_slow(call, reply_list(&call->ctx, ticket->id, &replies, &count)));
  struct hcall_history *history = ARENA_ARRAY(call->ctx.arena, struct hcall_history, count + 1);
  for (size_t i = 0; i < count; i++) {
    history[i] = (struct hcall_history){.text = replies[i].text, .date = replies[i].created_at};
  }
  *out = (struct list){history, count};
  return STATUS_OK;
}

enum status hcall_ticket_info(struct call *call) {
  struct ctx *ctx = &call->ctx;
  call_widen(call);
  const struct hcall_ticket_id_in *in = call->query;
  struct uuid uuid;
  struct ticket ticket;
  TRY(ticket_id(call, in->ticket_id, &uuid));
  TRY(ticket_get(ctx, uuid, &ticket));
  if (ticket.file_count > 0 && call->lane != LANE_POOL) {
    return STATUS_SLOW; /* pictures come from the disk */
  }
  struct hcall_ticket *answer = ARENA_NEW(ctx->arena, struct hcall_ticket);
  *answer = (struct hcall_ticket){.id = ticket.uuid,
                                  .name = ticket.title,
                                  .explain = ticket.description,
                                  .status = hcall_status_of(ticket.status),
                                  .date = ticket.created_at};
  TRY(load_history(call, &ticket, &answer->history));
  if (ticket.file_count > 0) {
    TRY(load_images(call, &ticket, &answer->images));
  }
  return call_answer(call, 200, &hcall_ticket_out, answer);
}
