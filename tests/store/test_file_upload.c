#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/log.h"
#include "desk/event/event.h"
#include "people.h"
#include "uploads.h"

#define TINY_PDF STR("%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n")

/* Contents that stand in the folder, whatever their names. */
static int contents(void) {
  int count = 0;
  char path[128];
  for (int i = 0; i < 256; i++) {
    snprintf(path, sizeof path, "%s/files/%02x", uploads_folder, (unsigned)i);
    DIR *folder = opendir(path);
    struct dirent *entry;
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
      count += entry->d_name[0] != '.';
    }
    if (folder != NULL) {
      closedir(folder);
    }
  }
  return count;
}

static char *content_path(const struct file *file, char path[160]) {
  int len = snprintf(path, 160, "%s/files/%02x/", uploads_folder, (uint8_t)file->hash.at[0]);
  for (int i = 1; i < 32; i++) {
    len += snprintf(path + len, 160 - (size_t)len, "%02x", (uint8_t)file->hash.at[i]);
  }
  return path;
}

/* Nobody kept it since: the disk's clock says so. */
static void grow_old(const struct file *file) {
  char path[160];
  const struct timespec long_ago[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
  assert_int_equal(utimensat(AT_FDCWD, content_path(file, path), long_ago, 0), 0);
}

static struct str content_of(struct store *store, const struct file *file) {
  int fd;
  char *bytes = arena_alloc(store->ctx.arena, (size_t)file->size);
  assert_ok(file_open(&store->ctx, file, &fd));
  assert_int_equal(read(fd, bytes, (size_t)file->size), file->size);
  close(fd);
  return (struct str){bytes, (size_t)file->size};
}

static void an_upload_comes_back_as_it_was_sent(struct store *store) {
  const struct who who = person(store, 1, ROLE_TECHNICIAN, "Tim", "tim@example.com");
  struct file_new content;
  assert_ok(store_upload(store, "\xc3\xbc plan.pdf", FILE_KIND_DOCUMENT, TINY_PDF, &content));
  struct file made;
  assert_ok(file_upload(as(store, &who), &content, FILE_KIND_DOCUMENT, (struct uuid){{0}}, &made));
  struct file found;
  assert_ok(file_get(as(store, &who), made.uuid, &found));
  assert_int_equal(found.id, made.id);
  assert_str(found.name, "\xc3\xbc plan.pdf");
  assert_int_equal(found.kind, FILE_KIND_DOCUMENT);
  assert_int_equal(found.type, FILE_PDF);
  assert_int_equal(found.size, TINY_PDF.len);
  assert_int_equal(found.uploader_id, who.account_id);
  assert_true(uuid_equal(found.uploader_uuid, who.uuid));
  assert_int_equal(found.ticket_id, 0);
  assert_int_equal(found.created_at, STORE_NOW);
  assert_true(str_equal(content_of(store, &found), TINY_PDF));
}

static void the_same_content_is_kept_once(struct store *store) {
  const struct who who = person(store, 1, ROLE_TECHNICIAN, "Tim", "tim@example.com");
  struct file first = uploaded(store, &who, "a.png");
  int before = contents();
  struct file second = uploaded(store, &who, "b.png");
  assert_int_equal(contents(), before);
  assert_true(str_equal(first.hash, second.hash));
  assert_false(uuid_equal(first.uuid, second.uuid));
}

static void a_content_must_be_what_its_type_allows(struct store *store) {
  const struct {
    struct str content;
    enum file_kind kind;
    enum status status;
  } rows[] = {
      {TINY_PNG, FILE_KIND_PHOTO, STATUS_OK},           {TINY_PNG, FILE_KIND_SIGNATURE, STATUS_OK},
      {TINY_PNG, FILE_KIND_DOCUMENT, STATUS_INVALID},   {TINY_PDF, FILE_KIND_DOCUMENT, STATUS_OK},
      {TINY_PDF, FILE_KIND_PHOTO, STATUS_INVALID},      {TINY_PDF, FILE_KIND_SIGNATURE, STATUS_INVALID},
      {{"GIF89a", 6}, FILE_KIND_PHOTO, STATUS_INVALID}, {{"<svg/>", 6}, FILE_KIND_PHOTO, STATUS_INVALID},
      {{"", 0}, FILE_KIND_PHOTO, STATUS_INVALID},
  };
  int before = contents();
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct file_new content;
    problem_clear(&store->ctx);
    assert_status(rows[i].status, store_upload(store, "x", rows[i].kind, rows[i].content, &content));
    if (rows[i].status != STATUS_OK) {
      assert_ptr_equal(store->ctx.problem.kind, &file_wrong_type);
      assert_str(store->ctx.problem.faults[0].field, "file");
    }
  }
  assert_true(contents() <= before + 2);
}

static void ten_mebibytes_are_taken_and_one_byte_more_is_not(struct store *store) {
  size_t size = FILE_UPLOAD_MAX_BYTES + 1;
  char *bytes = arena_alloc(store->ctx.arena, size);
  struct str png = TINY_PNG;
  memcpy(bytes, png.at, png.len);
  struct file_new content;
  assert_status(STATUS_TOO_LARGE,
                store_upload(store, "x", FILE_KIND_PHOTO, (struct str){bytes, size}, &content));
  assert_ptr_equal(store->ctx.problem.kind, &file_too_large);
  problem_clear(&store->ctx);
  size_t used = arena_used(store->ctx.arena);
  assert_ok(store_upload(store, "x", FILE_KIND_PHOTO, (struct str){bytes, size - 1}, &content));
  assert_true(arena_used(store->ctx.arena) - used < 100 * 1024); /* whatever its size */
  struct file file = {.hash = {(const char *)content.hash, 32}, .size = content.size};
  assert_true(str_equal(content_of(store, &file), (struct str){bytes, size - 1}));
}

static void names_must_be_texts_of_1_to_255_characters(struct store *store) {
  char long_name[257];
  memset(long_name, 'n', 256);
  long_name[256] = 0;
  const char *const bad[] = {"", "a\nb\x01", "\xff", long_name};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct file_new content;
    problem_clear(&store->ctx);
    assert_status(STATUS_INVALID, store_upload(store, bad[i], FILE_KIND_PHOTO, TINY_PNG, &content));
    assert_str(store->ctx.problem.faults[0].field, "name");
  }
}

static void who_may_read_the_ticket_may_have_its_file_and_nobody_else(struct store *store) {
  tenant_make(store, 2);
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who stranger = person(store, 1, ROLE_CUSTOMER, "Ben", "ben@example.com");
  const struct who service = person(store, 1, ROLE_CUSTOMER_SERVICE, "Cus", "cus@example.com");
  const struct who far = person(store, 2, ROLE_SUPER_ADMIN, "Far", "far@example.com");
  struct ticket ticket = ticket_of(store, &author);
  struct file_new content = stored(store, "a.png", FILE_KIND_PHOTO);
  struct file file;
  assert_status(STATUS_NOT_FOUND,
                file_upload(as(store, &stranger), &content, FILE_KIND_PHOTO, ticket.uuid, &file));
  store->ctx.now_us += 60;
  assert_ok(file_upload(as(store, &author), &content, FILE_KIND_PHOTO, ticket.uuid, &file));
  assert_int_equal(file.ticket_id, ticket.id);
  assert_ok(ticket_get(as(store, &author), ticket.uuid, &ticket));
  assert_int_equal(ticket.file_count, 1);
  assert_int_equal(ticket.updated_at, STORE_NOW + 60);
  assert_int_equal(NUMBER(store, "SELECT COUNT(*) FROM event WHERE kind = %d AND ticket_id = %" PRId64,
                          EVENT_TICKET_CHANGED, ticket.id),
                   1);
  struct file got;
  assert_ok(file_get(as(store, &author), file.uuid, &got));
  assert_ok(file_get(as(store, &service), file.uuid, &got));
  assert_status(STATUS_NOT_FOUND, file_get(as(store, &stranger), file.uuid, &got));
  assert_ptr_equal(store->ctx.problem.kind, &file_not_found);
  assert_status(STATUS_NOT_FOUND, file_get(as(store, &far), file.uuid, &got));
  assert_status(STATUS_UNAUTHENTICATED, file_get(as(store, NULL), file.uuid, &got));
  store_sql(store, "UPDATE ticket SET removed_at = 5");
  assert_status(STATUS_NOT_FOUND, file_get(as(store, &service), file.uuid, &got));
}

static void a_file_of_no_ticket_is_its_uploaders_and_supervisors(struct store *store) {
  const struct who who = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who service = person(store, 1, ROLE_CUSTOMER_SERVICE, "Cus", "cus@example.com");
  const struct who supervisor = person(store, 1, ROLE_SUPERVISOR, "Sri", "sri@example.com");
  struct file file = uploaded(store, &who, "a.png");
  struct file got;
  assert_ok(file_get(as(store, &who), file.uuid, &got));
  assert_ok(file_get(as(store, &supervisor), file.uuid, &got));
  assert_status(STATUS_NOT_FOUND, file_get(as(store, &service), file.uuid, &got));
}

static void a_content_that_the_disk_lost_is_a_defect_not_an_empty_file(struct store *store) {
  const struct who who = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  struct file file = uploaded(store, &who, "a.png");
  char path[160];
  int fd;
  log_setup(LOG_ERROR + 1, LOG_TEXT);
  assert_int_equal(truncate(content_path(&file, path), 5), 0);
  assert_status(STATUS_BROKEN, file_open(&store->ctx, &file, &fd));
  assert_int_equal(unlink(path), 0);
  assert_status(STATUS_BROKEN, file_open(&store->ctx, &file, &fd));
}

static void the_sweep_lets_go_what_nobody_attached_for_a_day_and_its_content_with_the_last_row(
    struct store *store) {
  const struct who who = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  struct ticket ticket = ticket_of(store, &who);
  struct file loose = uploaded(store, &who, "a.png");
  struct file portrait = uploaded(store, &who, "b.png");
  struct file_new pdf;
  assert_ok(store_upload(store, "c.pdf", FILE_KIND_DOCUMENT, TINY_PDF, &pdf));
  struct file alone;
  assert_ok(file_upload(as(store, &who), &pdf, FILE_KIND_DOCUMENT, (struct uuid){{0}}, &alone));
  struct file kept;
  struct file_new png = stored(store, "d.png", FILE_KIND_PHOTO);
  assert_ok(file_upload(as(store, &who), &png, FILE_KIND_PHOTO, ticket.uuid, &kept));
  char uuid[UUID_TEXT_SIZE];
  store_sql(store, SQL(store, "UPDATE account SET avatar = 'https://desk/v1/api/files/%s'",
                       uuid_print(portrait.uuid, uuid)));
  grow_old(&loose);
  grow_old(&alone);
  int before = contents();
  int64_t dropped = -1;
  assert_ok(file_sweep(as(store, NULL), 100, &dropped));
  assert_int_equal(dropped, 0); /* younger than a day */
  store->ctx.now_us += TIME_DAY_US + 1;
  assert_ok(file_sweep(as(store, NULL), 1, &dropped));
  assert_int_equal(dropped, 1);
  assert_ok(file_sweep(as(store, NULL), 100, &dropped));
  assert_int_equal(dropped, 1);
  assert_int_equal(contents(), before - 1); /* the picture is the portrait's and the ticket's, too */
  struct file got;
  assert_status(STATUS_NOT_FOUND, file_get(as(store, &who), loose.uuid, &got));
  assert_status(STATUS_NOT_FOUND, file_get(as(store, &who), alone.uuid, &got));
  assert_ok(file_get(as(store, &who), portrait.uuid, &got));
  assert_ok(file_get(as(store, &who), kept.uuid, &got));
  assert_true(str_equal(content_of(store, &got), TINY_PNG));
}

/* A day later: whether it is there still. */
static bool survives(struct store *store, const struct file *file) {
  int64_t dropped = 0;
  store->ctx.now_us = STORE_NOW + TIME_DAY_US + 1;
  assert_ok(file_sweep(as(store, NULL), 100, &dropped));
  store->ctx.now_us = STORE_NOW;
  return NUMBER(store, "SELECT COUNT(*) FROM file WHERE id = %" PRId64, file->id) == 1;
}

static void show(struct store *store, const struct who *who, const char *before, const struct file *file,
                 const char *behind) {
  char uuid[UUID_TEXT_SIZE];
  store_sql(store, SQL(store, "UPDATE account SET avatar = '%s/api/files/%s%s' WHERE id = %" PRId64, before,
                       uuid_print(file->uuid, uuid), behind, who->account_id));
}

static void a_portrait_that_somebody_else_uploaded_outlives_the_sweep(struct store *store) {
  tenant_make(store, 2);
  tenant_make(store, 3);
  const struct who staff = person(store, 1, ROLE_MANAGER, "Op", "op@example.com");
  const struct who customer = person(store, 1, ROLE_CUSTOMER, "Cus", "cus@example.com");
  const struct who manager = person(store, 2, ROLE_MANAGER, "Mia", "mia@example.com");
  const struct who ani = person(store, 2, ROLE_TECHNICIAN, "Ani", "ani@example.com");
  const struct who far = person(store, 3, ROLE_MANAGER, "Far", "far@example.com");
  const struct {
    const struct who *uploader, *shown;
    bool survives;
  } rows[] = {
      {&manager, &ani, true},  {&ani, &ani, true},
      {&staff, &ani, true}, /* who acts in tenant 2, and uploads at home */
      {&ani, &staff, true}, /* who may see it there */
      {&manager, &far, false}, {&customer, &far, false},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct file file = uploaded(store, rows[i].uploader, "a.png");
    show(store, rows[i].shown, "https://desk/v1", &file, "");
    if (survives(store, &file) != rows[i].survives) {
      fail_msg("row %zu", i);
    }
  }
}

static void a_portrait_with_words_behind_its_address_outlives_the_sweep(struct store *store) {
  static const char *const behind[] = {"?v=2", "/", "#face"};
  const struct who who = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  for (size_t i = 0; i < sizeof behind / sizeof *behind; i++) {
    struct file file = uploaded(store, &who, "a.png");
    show(store, &who, "", &file, behind[i]);
    assert_true(survives(store, &file));
  }
}

static void a_content_that_was_kept_again_just_now_outlives_the_sweep(struct store *store) {
  const struct who who = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  struct file loose = uploaded(store, &who, "a.png");
  grow_old(&loose);
  store->ctx.now_us += TIME_DAY_US + 1;
  struct file_new again = stored(store, "again.png", FILE_KIND_PHOTO); /* its row is under way */
  int64_t dropped = -1;
  assert_ok(file_sweep(as(store, NULL), 100, &dropped));
  assert_int_equal(dropped, 1);
  struct file file;
  assert_ok(file_upload(as(store, &who), &again, FILE_KIND_PHOTO, (struct uuid){{0}}, &file));
  assert_true(str_equal(content_of(store, &file), TINY_PNG));
}

static void the_sweep_finds_contents_that_never_became_a_row_folder_by_folder(struct store *store) {
  struct file_new lost[2] = {stored(store, "a.png", FILE_KIND_PHOTO)};
  assert_ok(store_upload(store, "b.pdf", FILE_KIND_DOCUMENT, STR("%PDF-1.5 never a row %%EOF"), &lost[1]));
  const struct who who = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  struct file kept = uploaded(store, &who, "a.png"); /* of the first content there is a row */
  for (int i = 0; i < 2; i++) {
    const struct file content = {.hash = {(const char *)lost[i].hash, 32}};
    grow_old(&content);
  }
  int64_t dropped;
  char path[160];
  const struct file gone = {.hash = {(const char *)lost[1].hash, 32}};
  assert_int_equal(access(content_path(&gone, path), F_OK), 0);
  for (int hour = 0; hour < 256; hour++) {
    store->ctx.now_us = STORE_NOW - hour * TIME_HOUR_US; /* back in time, so that no row is a day old */
    assert_ok(file_sweep(as(store, NULL), 100, &dropped));
    assert_int_equal(dropped, 0);
  }
  assert_int_equal(access(path, F_OK), -1);
  assert_true(str_equal(content_of(store, &kept), TINY_PNG));
}

int main(void) {
  if (!uploads_open()) {
    return 1;
  }
  const struct CMUnitTest tests[] = {
      STORE_TEST(an_upload_comes_back_as_it_was_sent),
      STORE_TEST(the_same_content_is_kept_once),
      STORE_TEST(a_content_must_be_what_its_type_allows),
      STORE_TEST(ten_mebibytes_are_taken_and_one_byte_more_is_not),
      STORE_TEST(names_must_be_texts_of_1_to_255_characters),
      STORE_TEST(who_may_read_the_ticket_may_have_its_file_and_nobody_else),
      STORE_TEST(a_file_of_no_ticket_is_its_uploaders_and_supervisors),
      STORE_TEST(a_content_that_the_disk_lost_is_a_defect_not_an_empty_file),
      STORE_TEST(the_sweep_lets_go_what_nobody_attached_for_a_day_and_its_content_with_the_last_row),
      STORE_TEST(the_sweep_finds_contents_that_never_became_a_row_folder_by_folder),
      STORE_TEST(a_portrait_that_somebody_else_uploaded_outlives_the_sweep),
      STORE_TEST(a_portrait_with_words_behind_its_address_outlives_the_sweep),
      STORE_TEST(a_content_that_was_kept_again_just_now_outlives_the_sweep),
  };
  int failed = STORE_RUN(tests);
  uploads_close();
  return failed;
}
