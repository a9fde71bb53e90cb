#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "desk/file/file.h"
#include "desk/reply/reply.h"
#include "people.h"
#include "uploads.h"

struct attachment {
  const struct ticket *ticket;
  int64_t reply_id;
  const struct str *links;
  size_t count;
  int64_t added;
};

static enum status attach_run(struct ctx *ctx, void *arg) {
  struct attachment *what = arg;
  return file_attach(ctx, what->ticket->tenant_id, what->ticket->id, what->reply_id, what->links, what->count,
                     &what->added);
}

static enum status attach(struct store *store, const struct who *who, const struct ticket *ticket,
                          int64_t reply_id, struct str link, int64_t *added) {
  struct attachment what = {ticket, reply_id, &link, 1, -1};
  enum status status = db_write(as(store, who), attach_run, &what);
  *added = what.added;
  return status;
}

static struct str link_to(struct store *store, const char *before, const struct file *file) {
  char uuid[UUID_TEXT_SIZE];
  return str_format(store->ctx.arena, "%s/api/files/%s", before, uuid_print(file->uuid, uuid));
}

static int64_t file_count(struct store *store, const struct ticket *ticket) {
  return NUMBER(store, "SELECT file_count FROM ticket WHERE id = %" PRId64, ticket->id);
}

static void an_own_upload_is_attached_by_its_url_with_and_without_host_and_v1(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct ticket ticket = ticket_of(store, &author);
  static const char *const before[] = {"", "/v1", "https://desk.example.com",
                                       "HTTP://desk.example.com:81/v1"};
  for (int i = 0; i < 4; i++) {
    struct file file = uploaded(store, &author, "photo.png");
    int64_t added;
    assert_ok(attach(store, &author, &ticket, 0, link_to(store, before[i], &file), &added));
    assert_int_equal(added, 1);
    /* Once more changes nothing. */
    assert_ok(attach(store, &author, &ticket, 0, link_to(store, before[i], &file), &added));
    assert_int_equal(added, 0);
  }
  struct file *files;
  size_t count;
  assert_ok(file_list(as(store, &author), ticket.id, &files, &count));
  assert_int_equal(count, 4);
  assert_int_equal(files[0].reply_id, 0);
  assert_int_equal(files[0].kind, FILE_KIND_PHOTO);
  assert_int_equal(files[0].uploader_id, author.account_id);
  assert_true(uuid_equal(files[0].uploader_uuid, author.uuid));
  assert_str(files[0].url, NULL);
}

static void a_known_public_address_tells_own_uploads_from_other_servers_files(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct ticket ticket = ticket_of(store, &author);
  struct file file = uploaded(store, &author, "photo.png");
  int64_t added;
  file_setup_url("https://desk.example.com/help/");
  assert_str(file_url(&store->ctx, &file),
             str_c(store->ctx.arena, link_to(store, "https://desk.example.com/help", &file)));
  struct str other = link_to(store, "https://desk.example.org", &file);
  assert_ok(attach(store, &author, &ticket, 0, other, &added));
  assert_ok(
      attach(store, &author, &ticket, 0, link_to(store, "https://desk.example.com/help", &file), &added));
  file_setup_url(NULL);
  struct file *files;
  size_t count;
  assert_ok(file_list(as(store, &author), ticket.id, &files, &count));
  assert_int_equal(count, 2);
  assert_true(uuid_equal(files[0].uuid, file.uuid));
  assert_str(files[1].url, str_c(store->ctx.arena, other));
  assert_str(file_url(&store->ctx, &files[0]), str_c(store->ctx.arena, link_to(store, "", &file)));
  assert_str(file_url(&store->ctx, &files[1]), str_c(store->ctx.arena, other));
}

static void an_address_elsewhere_is_kept_as_a_link_named_by_its_last_segment(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct ticket ticket = ticket_of(store, &author);
  static const char *const links[][2] = {
      {"https://example.com/a/plan.pdf?x=/1#y/z", "plan.pdf"},
      {"http://example.com/a/", "example.com"},
      {"https://example.com", "example.com"},
      {"https://example.com?a=b/c", "example.com"},
      {"https://example.com/r\xc3\xa9sum\xc3\xa9", "r\xc3\xa9sum\xc3\xa9"},
  };
  for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
    int64_t added;
    assert_ok(attach(store, &author, &ticket, 0, str_of(links[i][0]), &added));
    assert_int_equal(added, 1);
  }
  struct file *files;
  size_t count;
  assert_ok(file_list(as(store, &author), ticket.id, &files, &count));
  assert_int_equal(count, sizeof links / sizeof *links);
  for (size_t i = 0; i < count; i++) {
    assert_str(files[i].url, links[i][0]);
    assert_str(files[i].name, links[i][1]);
    assert_int_equal(files[i].size, 0);
    struct file got;
    assert_status(STATUS_NOT_FOUND, file_get(as(store, &author), files[i].uuid, &got));
  }
}

static void a_bad_link_is_a_fault_on_its_place_and_nothing_is_attached(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who other = person(store, 1, ROLE_MANAGER, "Mia", "mia@example.com");
  const struct ticket ticket = ticket_of(store, &author);
  struct file foreign = uploaded(store, &other, "secret.png");
  char *longest = arena_alloc(store->ctx.arena, 3000);
  memset(longest, 'a', 2049);
  memcpy(longest, "https://", 8);
  const struct str links[] = {
      STR("https://example.com/fine"),
      link_to(store, "", &foreign),
      STR("javascript:alert(1)"),
      STR("https://"),
      STR("https:///path"),
      STR("file:///etc/passwd"),
      STR("/api/files/../../etc/passwd"),
      STR("https://example.com/a b"),
      STR("https://example.com/\x01"),
      str_of(longest),
  };
  struct attachment what = {&ticket, 0, links, 10, -1};
  assert_status(STATUS_INVALID, db_write(as(store, &author), attach_run, &what));
  assert_int_equal(store->ctx.problem.fault_count, 9);
  assert_str(store->ctx.problem.faults[0].field, "attachments[1]");
  assert_str(store->ctx.problem.faults[8].field, "attachments[9]");
  assert_int_equal(what.added, -1);
  assert_int_equal(NUMBER(store, "SELECT COUNT(*) FROM file WHERE ticket_id = %" PRId64, ticket.id), 0);
  longest[2048] = 0;
  assert_ok(attach(store, &author, &ticket, 0, str_of(longest), &what.added));
  struct str many[11];
  for (int i = 0; i < 11; i++) {
    many[i] = STR("https://example.com");
  }
  what = (struct attachment){&ticket, 0, many, 11, -1};
  assert_status(STATUS_INVALID, db_write(as(store, &author), attach_run, &what));
  assert_str(store->ctx.problem.faults[0].field, "attachments");
}

static void an_upload_belongs_to_one_place(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct ticket tickets[2] = {ticket_of(store, &author), ticket_of(store, &author)};
  struct file file = uploaded(store, &author, "photo.png");
  struct str link = link_to(store, "", &file);
  int64_t added;
  assert_ok(attach(store, &author, &tickets[0], 0, link, &added));
  assert_status(STATUS_INVALID, attach(store, &author, &tickets[1], 0, link, &added));
  assert_str(store->ctx.problem.faults[0].reason, "is attached elsewhere already");
  /* A comment may take what its own ticket has; the ticket has one less then. */
  store_sql(store, SQL(store, "UPDATE ticket SET file_count = 1 WHERE id = %" PRId64, tickets[0].id));
  assert_ok(attach(store, &author, &tickets[0], 7, link, &added));
  assert_int_equal(added, 1);
  assert_int_equal(file_count(store, &tickets[0]), 0);
  assert_ok(attach(store, &author, &tickets[0], 7, link, &added));
  assert_int_equal(added, 0);
  assert_status(STATUS_INVALID, attach(store, &author, &tickets[0], 8, link, &added));
  assert_status(STATUS_INVALID, attach(store, &author, &tickets[0], 0, link, &added));
}

static void a_ticket_takes_at_most_a_thousand_files(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct ticket ticket = ticket_of(store, &author);
  struct str links[10];
  for (int i = 0; i < 10; i++) {
    links[i] = STR("https://example.com/x");
  }
  struct attachment what = {&ticket, 0, links, 10, -1};
  for (int i = 0; i < 100; i++) {
    assert_ok(db_write(as(store, &author), attach_run, &what));
  }
  what.count = 1;
  assert_status(STATUS_STATE, db_write(as(store, &author), attach_run, &what));
  assert_ptr_equal(store->ctx.problem.kind, &file_too_many);
  struct file_new content = stored(store, "photo.png", FILE_KIND_PHOTO);
  struct file file;
  assert_status(STATUS_STATE, file_upload(as(store, &author), &content, FILE_KIND_PHOTO, ticket.uuid, &file));
  struct file *files;
  size_t count;
  assert_ok(file_list(as(store, &author), ticket.id, &files, &count));
  assert_int_equal(count, 1000);
}

static void the_first_file_of_each_ticket_is_found_at_once(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct ticket two = ticket_of(store, &author), none = ticket_of(store, &author),
                      said = ticket_of(store, &author);
  struct file file = uploaded(store, &author, "photo.png");
  struct str link = link_to(store, "", &file);
  const struct str elsewhere = STR("https://example.com/b.png");
  int64_t added;
  struct reply reply;
  assert_ok(attach(store, &author, &two, 0, link, &added));
  assert_ok(attach(store, &author, &two, 0, elsewhere, &added));
  assert_ok(ticket_comment(as(store, &author), said.uuid, STR("x"), &elsewhere, 1, &reply));
  const int64_t tickets[] = {said.id, none.id, two.id, two.id};
  struct str urls[4];
  assert_ok(file_first_urls(as(store, &author), tickets, 4, urls));
  assert_null(urls[0].at); /* that one is a reply's */
  assert_null(urls[1].at);
  assert_true(str_equal(urls[2], link) && str_equal(urls[3], link));
  assert_ok(file_first_urls(as(store, &author), tickets, 0, urls));
}

int main(void) {
  if (!uploads_open()) {
    return 1;
  }
  const struct CMUnitTest tests[] = {
      STORE_TEST(an_own_upload_is_attached_by_its_url_with_and_without_host_and_v1),
      STORE_TEST(a_known_public_address_tells_own_uploads_from_other_servers_files),
      STORE_TEST(an_address_elsewhere_is_kept_as_a_link_named_by_its_last_segment),
      STORE_TEST(a_bad_link_is_a_fault_on_its_place_and_nothing_is_attached),
      STORE_TEST(an_upload_belongs_to_one_place),
      STORE_TEST(the_first_file_of_each_ticket_is_found_at_once),
      STORE_TEST(a_ticket_takes_at_most_a_thousand_files),
  };
  int failed = STORE_RUN(tests);
  uploads_close();
  return failed;
}
