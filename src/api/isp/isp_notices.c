#include <string.h>

#include "api/isp/isp_people.h"
#include "api/isp/isp_stock.h"

/* Notifications: the desk's notices in words, in the language of whom they are for. */

enum { ALWAYS = FIELD_REQUIRED, TEXT_MAX_BYTES = 4096, LANGUAGE_COUNT = LANGUAGE_INDONESIAN + 1 };
#define ID_EXAMPLE "\"0190163d-8694-739b-aea5-966c26f8ad91\""

static const struct word type_words[] = {
    {"ticket_created", NOTICE_TICKET_CREATED}, {"ticket_assigned", NOTICE_TICKET_ASSIGNED},
    {"ticket_replied", NOTICE_TICKET_REPLIED}, {"ticket_status", NOTICE_TICKET_STATUS},
    {"sla_warning", NOTICE_SLA_WARNING},       {"sla_breach", NOTICE_SLA_BREACH},
    {"low_stock", NOTICE_LOW_STOCK},           {NULL, 0}};
_Static_assert(sizeof type_words / sizeof *type_words == NOTICE_KIND_COUNT, "a word for each kind");

/* ---- tables ---- */

static void print_data(struct buf *out, const void *member) {
  struct str json;
  memcpy(&json, member, sizeof json);
  buf_add_str(out, json);
}
static const struct field_custom data_custom = {.print = print_data, .schema = "{\"type\":\"object\"}"};

FIELDS(
    isp_notice_row, struct isp_notice, "IspNotification",
    {FIELD(struct isp_notice, id, UUID, "id", ALWAYS, .text = "The notification.", .example = ID_EXAMPLE),
     FIELD(struct isp_notice, type, WORD, "type", ALWAYS, .words = type_words, .text = "What happened.",
           .example = "\"ticket_assigned\""),
     FIELD(struct isp_notice, title, TEXT, "title", ALWAYS, .text = "For a person, in a few words.",
           .example = "\"Ticket assigned\""),
     FIELD(struct isp_notice, message, TEXT, "message", ALWAYS, .text = "For a person, in a sentence.",
           .example = "\"Ticket TK20251001000042 was assigned to you: No internet\""),
     FIELD(
         struct isp_notice, data, CUSTOM, "data", ALWAYS, .custom = &data_custom,
         .text = "For a program: ticket_id, ticket_number and title, status, clock; or item_id, name, stock.",
         .example = "{\"ticket_id\":" ID_EXAMPLE ",\"ticket_number\":\"TK20251001000042\"}"),
     FIELD(struct isp_notice, is_read, BOOL, "is_read", ALWAYS, .text = "It was read.", .example = "false"),
     FIELD(struct isp_notice, created_at, TIME, "created_at", ALWAYS, .text = "When it happened.",
           .example = "\"2025-10-01T08:00:00Z\"")});
FIELDS(isp_notice_data, struct isp_one, "IspNotificationData",
       {FIELD(struct isp_one, one, OBJECT, "notification", ALWAYS, .of = &isp_notice_row,
              .text = "The notification.")});
ISP_ENVELOPE(isp_notice_out, "IspNotificationAnswer", isp_notice_data);

struct notices {
  struct list notices;
  int64_t unread_count;
  const struct isp_pagination *pagination;
};
FIELDS(isp_notices_data, struct notices, "IspNotificationsData",
       {FIELD(struct notices, notices, LIST, "notifications", ALWAYS, .of = &isp_notice_row,
              .text = "The caller's own, newest first."),
        FIELD(struct notices, unread_count, INT, "unread_count", ALWAYS,
              .text = "Unread ones on all pages, whatever the filter.", .example = "3"),
        FIELD(struct notices, pagination, OBJECT, "pagination", ALWAYS, .of = &isp_pagination_out,
              .text = "Which page this is.")});
ISP_ENVELOPE(isp_notices_out, "IspNotificationsAnswer", isp_notices_data);

struct marked {
  struct str message;
  int64_t updated;
};
FIELDS(isp_notices_read_data, struct marked, "IspNotificationsReadData",
       {FIELD(struct marked, message, TEXT, "message", ALWAYS, .text = "What happened.",
              .example = "\"All notifications are read\""),
        FIELD(struct marked, updated, INT, "updated", ALWAYS, .text = "How many were unread.",
              .example = "3")});
ISP_ENVELOPE(isp_notices_read_out, "IspNotificationsReadAnswer", isp_notices_read_data);

static const struct field notices_in_rows[] = {
    ISP_PAGE_ROWS(struct isp_notices_in),
    FIELD(struct isp_notices_in, is_read, BOOL, "is_read", 0,
          .text = "Only those that were read, or were not.", .example = "false"),
    FIELD(struct isp_notices_in, type, WORD, "type", 0, .words = type_words,
          .text = "Only those of this type.", .example = "\"low_stock\"")};
const struct fields isp_notices_in = {.title = "IspNotificationQuery",
                                      .rows = notices_in_rows,
                                      .count = sizeof notices_in_rows / sizeof *notices_in_rows,
                                      .size = sizeof(struct isp_notices_in),
                                      .present = offsetof(struct isp_notices_in, present)};

/* ---- words ---- */

struct words {
  const char *title, *message;
};
/* {number} and {ticket}: its number and title; {actor}, {status}, {item}, {stock}. */
static const struct words words[LANGUAGE_COUNT][NOTICE_KIND_COUNT] = {
    [LANGUAGE_ENGLISH] =
        {
            [NOTICE_TICKET_CREATED] = {"New ticket", "{actor} opened ticket {number}: {ticket}"},
            [NOTICE_TICKET_ASSIGNED] = {"Ticket assigned", "Ticket {number} was assigned to you: {ticket}"},
            [NOTICE_TICKET_REPLIED] = {"New reply", "{actor} replied to ticket {number}: {ticket}"},
            [NOTICE_TICKET_STATUS] = {"Ticket status changed", "Ticket {number} is now {status}: {ticket}"},
            [NOTICE_SLA_WARNING] = {"SLA warning", "Ticket {number} must be solved soon: {ticket}"},
            [NOTICE_SLA_BREACH] = {"SLA breached", "Ticket {number} was not {clock} in time: {ticket}"},
            [NOTICE_LOW_STOCK] = {"Low stock", "{item}: {stock} left in stock"},
        },
    [LANGUAGE_INDONESIAN] =
        {
            [NOTICE_TICKET_CREATED] = {"Tiket baru", "{actor} membuat tiket {number}: {ticket}"},
            [NOTICE_TICKET_ASSIGNED] = {"Tiket ditugaskan",
                                        "Tiket {number} ditugaskan kepada Anda: {ticket}"},
            [NOTICE_TICKET_REPLIED] = {"Balasan baru", "{actor} membalas tiket {number}: {ticket}"},
            [NOTICE_TICKET_STATUS] = {"Status tiket berubah", "Tiket {number} kini {status}: {ticket}"},
            [NOTICE_SLA_WARNING] = {"Peringatan SLA", "Tiket {number} harus segera diselesaikan: {ticket}"},
            [NOTICE_SLA_BREACH] = {"SLA terlewati", "Tiket {number} tidak {clock} tepat waktu: {ticket}"},
            [NOTICE_LOW_STOCK] = {"Stok menipis", "{item}: sisa stok {stock}"},
        },
};
static const char *const statuses[LANGUAGE_COUNT][TICKET_STATUS_COUNT] = {
    [LANGUAGE_ENGLISH] = {"changed", "new", "assigned", "in progress", "pending", "resolved", "closed"},
    [LANGUAGE_INDONESIAN] = {"berubah", "baru", "ditugaskan", "sedang dikerjakan", "ditunda", "selesai",
                             "ditutup"},
};
static const char *const systems[LANGUAGE_COUNT] = {
    [LANGUAGE_ENGLISH] = "The system", [LANGUAGE_INDONESIAN] = "Sistem"};
static const char *const answered[LANGUAGE_COUNT] = {
    [LANGUAGE_ENGLISH] = "answered", [LANGUAGE_INDONESIAN] = "dijawab"};
static const char *const solved[LANGUAGE_COUNT] = {
    [LANGUAGE_ENGLISH] = "solved", [LANGUAGE_INDONESIAN] = "diselesaikan"};

static int status_of(const struct notice *notice) {
  bool known = notice->value >= TICKET_NEW && notice->value < TICKET_STATUS_COUNT;
  return known ? (int)notice->value : 0;
}

static bool is_response(const struct notice *notice) {
  return notice->value == SLA_RESPONSE_BREACHED;
}

static struct str number_of(struct arena *arena, const struct notice *notice) {
  const struct ticket ticket = {.id = notice->ticket_id, .created_at = notice->ticket_created_at};
  char number[TICKET_NUMBER_SIZE];
  return notice->ticket_id != 0 ? str_copy(arena, str_of(ticket_number(&ticket, number))) : STR_NONE;
}

/* A template with its places filled in. */
static struct str fill(struct arena *arena, const char *template, const struct notice *notice, int language) {
  const struct {
    const char *place;
    struct str value;
  } places[] = {
      {"{number}", number_of(arena, notice)},
      {"{ticket}", notice->ticket_title},
      {"{actor}", notice->actor_name.len > 0 ? notice->actor_name : str_of(systems[language])},
      {"{status}", str_of(statuses[language][status_of(notice)])},
      {"{clock}", str_of((is_response(notice) ? answered : solved)[language])},
      {"{item}", notice->item_name},
      {"{stock}", str_format(arena, "%lld", (long long)notice->value)},
  };
  struct buf text CLEANUP_BUF;
  buf_init(&text, TEXT_MAX_BYTES);
  for (const char *at = template; *at != 0;) {
    size_t i = 0;
    while (i < sizeof places / sizeof *places && !str_starts(str_of(at), places[i].place)) {
      i++;
    }
    if (i == sizeof places / sizeof *places) {
      buf_add_char(&text, *at++);
    } else {
      buf_add_str(&text, places[i].value);
      at += strlen(places[i].place);
    }
  }
  return str_copy(arena, buf_str(&text));
}

/* The one object of every kind of data: what is not there is left out. */
struct data {
  struct uuid ticket_id;
  struct str ticket_number, title;
  int status;
  struct str clock;
  struct uuid item_id;
  struct str name;
};
FIELDS(isp_notice_subject, struct data, "IspNotificationSubject",
       {FIELD(struct data, ticket_id, UUID, "ticket_id", FIELD_OMIT_NULL),
        FIELD(struct data, ticket_number, TEXT, "ticket_number", FIELD_OMIT_NULL),
        FIELD(struct data, title, TEXT, "title", FIELD_OMIT_NULL),
        FIELD(struct data, status, WORD, "status", FIELD_OMIT_NULL, .words = isp_status_words),
        FIELD(struct data, clock, TEXT, "clock", FIELD_OMIT_NULL),
        FIELD(struct data, item_id, UUID, "item_id", FIELD_OMIT_NULL),
        FIELD(struct data, name, TEXT, "name", FIELD_OMIT_NULL)});

static struct str data_of(struct arena *arena, const struct notice *notice) {
  const struct data data = {
      .ticket_id = notice->ticket_uuid,
      .ticket_number = number_of(arena, notice),
      .title = notice->ticket_title,
      .status = notice->kind == NOTICE_TICKET_STATUS ? status_of(notice) : 0,
      .clock = notice->kind != NOTICE_SLA_BREACH ? STR_NONE
               : is_response(notice)             ? STR("response")
                                                 : STR("resolution"),
      .item_id = notice->item_uuid,
      .name = notice->item_name,
  };
  struct buf json CLEANUP_BUF;
  buf_init(&json, TEXT_MAX_BYTES);
  buf_add_char(&json, '{');
  bool some = wire_print_rows(&json, &isp_notice_subject, &data);
  if (notice->item_id != 0) {
    buf_format(&json, "%s\"stock\":%lld", some ? "," : "", (long long)notice->value);
  }
  buf_add_char(&json, '}');
  return str_copy(arena, buf_str(&json));
}

struct isp_notice isp_notice_of(struct arena *arena, const struct notice *notice, int language) {
  static const struct words unknown = {"", ""};
  bool known = notice->kind > 0 && notice->kind < NOTICE_KIND_COUNT;
  language = language == LANGUAGE_INDONESIAN ? LANGUAGE_INDONESIAN : LANGUAGE_ENGLISH;
  const struct words *said = known ? &words[language][notice->kind] : &unknown;
  return (struct isp_notice){
      .id = notice->uuid,
      .type = notice->kind,
      .title = str_of(said->title),
      .message = fill(arena, said->message, notice, language),
      .data = data_of(arena, notice),
      .is_read = notice->read_at != 0,
      .created_at = notice->created_at,
  };
}

void isp_print_notice(struct arena *arena, const struct notice *notice, int language, struct buf *out) {
  const struct isp_notice shown = isp_notice_of(arena, notice, language);
  wire_print_json(out, &isp_notice_row, &shown);
}

/* ---- endpoints ---- */

enum status isp_language(struct call *call, int *language) {
  struct account account;
  TRY(account_by_id(&call->ctx, call->who.home_tenant_id, call->who.account_id, &account));
  *language = account.language;
  return STATUS_OK;
}

enum status isp_notice_list(struct call *call) {
  const struct isp_notices_in *in = call->query;
  struct notice_filter filter = {
      .kind = in->type, .skip = isp_skip(&in->page), .limit = isp_limit(&in->page)};
  if (field_present(&isp_notices_in, in, "is_read")) {
    filter.read = in->is_read ? NOTICE_READ : NOTICE_UNREAD;
  }
  struct notice *notices = NULL;
  size_t count = 0;
  int64_t total = 0;
  int language = 0;
  struct notices *answer = ARENA_NEW(call->ctx.arena, struct notices);
  TRY(isp_language(call, &language));
  TRY(notice_list(&call->ctx, &filter, &notices, &count, &total));
  TRY(notice_unread(&call->ctx, &answer->unread_count));
  struct isp_notice *shown = ARENA_ARRAY(call->ctx.arena, struct isp_notice, count);
  for (size_t i = 0; i < count; i++) {
    shown[i] = isp_notice_of(call->ctx.arena, &notices[i], language);
  }
  answer->notices = (struct list){shown, count};
  answer->pagination = isp_pagination(call, &in->page, total);
  return isp_answer(call, 200, &isp_notices_out, answer);
}

enum status isp_notice_read(struct call *call) {
  struct uuid uuid;
  struct notice notice;
  int language = 0;
  struct isp_notice *shown = ARENA_NEW(call->ctx.arena, struct isp_notice);
  TRY(isp_id(call, 0, &uuid));
  TRY(isp_language(call, &language));
  TRY(notice_read(&call->ctx, uuid, &notice));
  *shown = isp_notice_of(call->ctx.arena, &notice, language);
  return isp_answer_one(call, 200, &isp_notice_out, shown);
}

enum status isp_notice_read_all(struct call *call) {
  struct marked *answer = ARENA_NEW(call->ctx.arena, struct marked);
  answer->message = STR("All notifications are read");
  TRY(notice_read_all(&call->ctx, &answer->updated));
  return isp_answer(call, 200, &isp_notices_read_out, answer);
}
