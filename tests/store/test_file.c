#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "desk/file/file.h"
#include "people.h"

/* Contents go into a folder of this test program's own. */
static char folder[64];

static int remove_one(const char *path, const struct stat *found, int kind, struct FTW *ftw) {
  (void)found, (void)kind, (void)ftw;
  return remove(path);
}

static struct str picture(struct store *store, size_t size, char fill) {
  char *at = arena_alloc(store->ctx.arena, size);
  memset(at, fill, size);
  memcpy(at, "\x89PNG\r\n\x1a\n", 8);
  return (struct str){at, size};
}

static void pictures_come_back_with_their_ticket(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct str contents[2] = {picture(store, 100000, 'a'), STR("\xff\xd8\xff tiny")};
  struct file_new stored[2];
  struct ctx *ctx = as(store, &author);
  assert_ok(file_store_image(ctx, STR("../evil name.jpg"), contents[0], &stored[0]));
  assert_ok(file_store_image(ctx, STR("b.jpg"), contents[1], &stored[1]));
  struct ticket_new new_ticket = plain_ticket();
  new_ticket.files = stored;
  new_ticket.file_count = 2;
  struct ticket ticket;
  assert_ok(ticket_create(ctx, &new_ticket, &ticket));
  assert_int_equal(ticket.file_count, 2);
  assert_ok(ticket_get(ctx, ticket.uuid, &ticket));
  assert_int_equal(ticket.file_count, 2);
  struct file *files = NULL;
  size_t count = 0;
  assert_ok(file_list(ctx, ticket.id, &files, &count));
  assert_int_equal(count, 2);
  assert_str(files[0].name, "../evil name.jpg");
  assert_int_equal(files[0].type, FILE_PNG);
  assert_int_equal(files[1].type, FILE_JPEG);
  assert_int_equal(files[0].created_at, STORE_NOW);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM file WHERE uploader_id = 1 AND tenant_id = 1"),
                   2);
  for (int i = 0; i < 2; i++) {
    CLEANUP_BUF struct buf read;
    buf_init(&read, 1 << 20);
    buf_add_text(&read, "before");
    assert_int_equal(files[i].size, contents[i].len);
    assert_ok(file_read(ctx, &files[i], &read));
    assert_int_equal(read.len, 6 + contents[i].len);
    assert_memory_equal(read.at + 6, contents[i].at, contents[i].len);
  }
  assert_ok(file_list(ctx, 4711, &files, &count));
  assert_int_equal(count, 0);
}

static void at_most_ten_files_go_with_a_ticket(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  struct file_new files[11];
  for (int i = 0; i < 11; i++) {
    assert_ok(
        file_store_image(as(store, &author), STR("a.png"), picture(store, 64, (char)('a' + i)), &files[i]));
  }
  struct ticket_new new_ticket = plain_ticket();
  struct ticket ticket;
  new_ticket.files = files;
  new_ticket.file_count = 11;
  assert_status(STATUS_INVALID, ticket_create(as(store, &author), &new_ticket, &ticket));
  assert_str(store->ctx.problem.faults[0].field, "attachments");
  new_ticket.file_count = 10;
  assert_ok(ticket_create(as(store, &author), &new_ticket, &ticket));
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM file"), 10);
}

int main(void) {
  snprintf(folder, sizeof folder, "/tmp/sigap-file-XXXXXX");
  char why[256] = "";
  if (mkdtemp(folder) == NULL || file_setup(folder, why) != STATUS_OK) {
    fprintf(stderr, "no folder for the test: %s %s\n", folder, why);
    return 1;
  }
  const struct CMUnitTest tests[] = {
      STORE_TEST(pictures_come_back_with_their_ticket),
      STORE_TEST(at_most_ten_files_go_with_a_ticket),
  };
  int failed = STORE_RUN(tests);
  nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
  return failed;
}
