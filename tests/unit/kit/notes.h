#ifndef SIGAP_TESTS_KIT_NOTES_H
#define SIGAP_TESTS_KIT_NOTES_H

#include "served.h"

#include "db/engine.h"
#include "desk/tenant/tenant.h"
#include "people.h"

/* A dialect that has one note and answers what the test wants it to. Each write is written down in the store,
 * so that the tests see how often it was done, and whether what failed was taken back. */

struct note {
  struct str title;
  int64_t read_at; /* of the answer, not of the note */
};
FIELDS(note_fields, struct note, "Note",
       {
           FIELD(struct note, title, TEXT, "title", FIELD_REQUIRED, .max = 2 * REPEAT_ANSWER_MAX),
           FIELD(struct note, read_at, INT, "read_at", FIELD_FLEETING),
       });
FIELDS(note_in, struct note, "NoteInput",
       {FIELD(struct note, title, TEXT, "title", FIELD_REQUIRED, .max = 100)});

static const struct problem_kind no_note = {STATUS_NOT_FOUND, "no_note", "There is no such note."};
static const struct problem_kind no_luck = {STATUS_STATE, "no_luck", "Not today."};

static struct notes {
  struct str title; /* of note 1; no other is there */
  int64_t read;     /* how often it was */
  unsigned handled; /* writes */
  bool fails;       /* writes, after they wrote */
  bool keeps_title; /* whatever is written */
  /* What happens before a write, which then fails; NULL nothing. */
  void (*meanwhile)(struct call *call);
  struct str tag;  /* of a file; NONE: of what is printed */
  struct str type; /* of a text */
  struct str text;
  bool packs; /* the handler chooses the form itself */
} notes;

static inline enum status note_answer(struct call *call, int http) {
  struct note *note = ARENA_NEW(call->ctx.arena, struct note);
  *note = (struct note){str_copy(call->ctx.arena, notes.title), notes.read++};
  return call_answer(call, http, &note_fields, note);
}

static inline enum status note_get(struct call *call) {
  return str_is(call->match.params[0], "1") ? note_answer(call, 200) : problem_set(&call->ctx, &no_note);
}

static inline enum status note_list(struct call *call) {
  return note_answer(call, 200);
}

static inline enum status note_write_down(struct ctx *ctx, void *arg) {
  (void)arg;
  struct tenant tenant;
  /* A statement of the desk's, by which the connection becomes the caller's. */
  TRY(tenant_get(ctx, TENANT_OPERATOR, &tenant));
  return ctx->db->engine->script(ctx->db, "UPDATE tenant SET kind = kind || '+' WHERE id = 1");
}

static inline enum status note_write(struct call *call, int http) {
  const struct note *in = call->input;
  notes.handled++;
  call_header(call, "Location", STR("/notes/1"));
  if (notes.meanwhile != NULL) {
    notes.meanwhile(call);
    return problem_set(&call->ctx, &no_luck);
  }
  TRY(db_write(&call->ctx, note_write_down, NULL));
  if (notes.fails) {
    return problem_set(&call->ctx, &no_luck);
  }
  if (in != NULL && in->title.at != NULL && !notes.keeps_title) {
    notes.title = str_copy(served.store->ctx.arena, in->title);
  }
  return note_answer(call, http);
}

static inline enum status note_create(struct call *call) {
  return note_write(call, 201);
}
static inline enum status note_change(struct call *call) {
  return str_is(call->match.params[0], "1") ? note_write(call, 200) : problem_set(&call->ctx, &no_note);
}

static inline enum status note_text(struct call *call) {
  if (notes.packs) {
    call_header(call, "Vary", STR("Accept-Encoding"));
    call_header(call, "Content-Encoding", STR("br"));
  }
  return call_answer_raw(call, 200, notes.type, notes.text);
}

static inline enum status note_file(struct call *call) {
  call_tag(call, notes.tag);
  return call_answer_raw(call, 200, STR("image/png"), STR("png"));
}

static inline enum status note_tenant(struct call *call) {
  struct note *note = ARENA_NEW(call->ctx.arena, struct note);
  *note = (struct note){STR("tenant"), call->tenant_id * 100 + call->who.tenant_id};
  return call_answer(call, 200, &note_fields, note);
}

#define NOTE_ROW(http, at, operation, does, in_lane, ...)                                      \
  {                                                                                            \
    .method = (http), .path = (at), .name = (operation), .handler = (does), .lane = (in_lane), \
    .permission = MAY_SIGNED_IN, __VA_ARGS__                                                   \
  }
static const struct route note_routes[] = {
    NOTE_ROW(HTTP_GET, "/notes", "noteList", note_list, LANE_INLINE),
    NOTE_ROW(HTTP_GET, "/notes/:id", "noteGet", note_get, LANE_INLINE),
    NOTE_ROW(HTTP_POST, "/notes", "noteCreate", note_create, LANE_WRITER, .input = &note_in),
    NOTE_ROW(HTTP_PUT, "/notes/:id", "notePut", note_change, LANE_WRITER, .input = &note_in),
    NOTE_ROW(HTTP_POST, "/notes/:id/pages", "notePage", note_change, LANE_WRITER, .input = &note_in),
    NOTE_ROW(HTTP_POST, "/slow", "noteSlow", note_create, LANE_POOL, .input = &note_in),
    NOTE_ROW(HTTP_POST, "/scans", "noteScan", note_create, LANE_POOL, .body = BODY_MULTIPART,
             .max_body = 4096),
    NOTE_ROW(HTTP_GET, "/files/:id", "noteFile", note_file, LANE_INLINE),
    {.method = HTTP_POST,
     .path = "/public",
     .name = "notePublic",
     .handler = note_create,
     .lane = LANE_WRITER,
     .permission = MAY_ANYONE,
     .input = &note_in},
    {.method = HTTP_GET,
     .path = "/text",
     .name = "noteText",
     .handler = note_text,
     .lane = LANE_INLINE,
     .permission = MAY_ANYONE},
    {.method = HTTP_GET,
     .path = "/tenant",
     .name = "noteTenant",
     .handler = note_tenant,
     .lane = LANE_INLINE,
     .permission = MAY_ANYONE},
};
static const char *const note_prefixes[] = {"/", NULL};
static const struct dialect note_dialect = {.name = "notes",
                                            .routes = note_routes,
                                            .route_count = sizeof note_routes / sizeof *note_routes,
                                            .print_problem = print_plain_problem,
                                            .prefixes = note_prefixes};
static const struct dialect *const note_dialects[] = {&note_dialect};

static inline void notes_begin(struct store *store) {
  served_begin(store, note_dialects);
  notes = (struct notes){.title = STR("first")};
}

/* How many writes were kept. */
static inline int64_t notes_written(struct store *store) {
  return store_number(store, "SELECT LENGTH(kind) - LENGTH(REPLACE(kind, '+', '')) FROM tenant WHERE id = 1");
}

#endif
