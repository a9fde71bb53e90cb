#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "people.h"

/* Pages and totals found with blocks, against plain queries of a table that is large enough to have blocks of
 * all sizes. The tickets are put in behind the commands' back, and their blocks made as after an upgrade. */
enum { TICKETS = 5000, GAP = 131 }; /* ids up to 655,000: 3 large blocks */

static void make_many(struct store *store, const struct who *author) {
  const char *random_bytes =
      store->pgsql ? "decode(lpad(to_hex(n.i), 32, '0'), 'hex')" : "CAST(printf('%016d', n.i) AS BLOB)";
  store_sql(
      store,
      SQL(store,
          "INSERT INTO ticket (id, tenant_id, uuid, author_id, title, description, category, priority, "
          "status, "
          "work_type, request_kind, file_count, status_changed_at, created_at, updated_at, removed_at, "
          "scheduled_at) "
          "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) "
          /* Ids in heaps: every tenth step jumps. */
          "SELECT CAST(n.i * 3 + n.i / 10 * %d AS BIGINT), 1, %s, %" PRId64 ", 'T', 'T', 1 + n.i %% 4, "
          "1 + n.i / 3 %% 5, 1 + n.i / 7 %% 6, 1 + n.i %% 11 / 3, 0, 0, 1, "
          /* The clock goes on a minute a ticket, and was set back by some days twice. */
          "%" PRId64 " + n.i * CAST(60000000 AS BIGINT) - n.i / 2000 * CAST(90000000000 AS BIGINT), 1, "
          "CASE WHEN n.i %% 17 = 0 THEN 1 END, "
          "CASE WHEN n.i %% 3 = 0 THEN %" PRId64 " + n.i %% 50 * CAST(20000000000 AS BIGINT) END FROM n",
          TICKETS, 10 * (GAP - 3), random_bytes, author->account_id, STORE_NOW, STORE_NOW));
  assert_ok(ticket_sums_rebuild(&store->ctx, 1));
}

struct sample {
  struct ticket_filter filter;
  const char *where;
};

#define AT(us) (STORE_NOW + (us))
static const struct sample samples[] = {
    {{.statuses = {{1}, 1}}, "status = 1"},
    {{.priorities = {{2, 3}, 2}}, "priority IN (2, 3)"},
    {{.categories = {{4}, 1}}, "category = 4"},
    {{.statuses = {{1, 2}, 2}, .priorities = {{5}, 1}}, "status IN (1, 2) AND priority = 5"},
    {{.statuses = {{3}, 1}, .priorities = {{1}, 1}, .work_types = {{4}, 1}},
     "status = 3 AND priority = 1 AND work_type = 4"},
    {{.statuses = {{6}, 1}, .priorities = {{2}, 1}, .work_types = {{1}, 1}, .categories = {{2}, 1}},
     "status = 6 AND priority = 2 AND work_type = 1 AND category = 2"},
    {{.work_types = {{1, 2}, 2}, .categories = {{1, 3}, 2}}, "work_type IN (1, 2) AND category IN (1, 3)"},
    {{.created_from = AT(1000 * TIME_MINUTE_US)}, "created_at >= now + 60000000000"},
    {{.created_from = AT(1995 * TIME_MINUTE_US), .created_to = AT(1997 * TIME_MINUTE_US)},
     "created_at >= now + 119700000000 AND created_at < now + 119820000000"},
    {{.created_to = AT(700 * TIME_MINUTE_US), .statuses = {{5}, 1}, .categories = {{1, 2}, 2}},
     "created_at < now + 42000000000 AND status = 5 AND category IN (1, 2)"},
    {{.scheduled_from = AT(5 * TIME_DAY_US), .scheduled_to = AT(6 * TIME_DAY_US), .priorities = {{1, 4}, 2}},
     "scheduled_at >= now + 432000000000 AND scheduled_at < now + 518400000000 AND priority IN (1, 4)"},
    {{.scheduled_to = AT(9 * TIME_DAY_US), .created_from = AT(500 * TIME_MINUTE_US)},
     "scheduled_at < now + 777600000000 AND created_at >= now + 30000000000"},
    {{.scheduled_from = 1}, "scheduled_at IS NOT NULL"},
    {{.brief = false}, "TRUE"},
};

static const char *with_now(struct store *store, const char *where) {
  CLEANUP_BUF struct buf out;
  buf_init(&out, 1024);
  for (const char *at = where; *at; at++) {
    if (strncmp(at, "now", 3) == 0) {
      buf_format(&out, "%" PRId64, STORE_NOW);
      at += 2;
    } else {
      buf_add_char(&out, *at);
    }
  }
  return str_c(store->ctx.arena, str_copy(store->ctx.arena, buf_str(&out)));
}

/* Ids of all matches, newest first. */
static size_t plain_ids(struct store *store, const char *where, int64_t *ids) {
  struct str text = store_text(
      store,
      SQL(store,
          store->pgsql
              ? "SELECT COALESCE(string_agg(id::text, ',' ORDER BY id DESC), '') FROM ticket WHERE tenant_id "
                "= 1 AND removed_at IS NULL AND %s"
              : "SELECT COALESCE(GROUP_CONCAT(id, ','), '') FROM (SELECT id FROM ticket WHERE tenant_id = 1 "
                "AND removed_at IS NULL AND %s ORDER BY id DESC)",
          where));
  size_t count = 0;
  for (const char *at = text.at; *at; at += *at == ',') {
    ids[count++] = strtoll(at, (char **)&at, 10);
  }
  return count;
}

static void pages_and_totals_are_those_of_a_plain_query(struct store *store) {
  const struct who manager = person(store, 1, ROLE_MANAGER, "Budi", "budi@example.com");
  make_many(store, &manager);
  assert_blocks_true(store, 1);
  int64_t *ids = ARENA_ARRAY(store->ctx.arena, int64_t, TICKETS);
  for (size_t s = 0; s < sizeof samples / sizeof *samples; s++) {
    size_t count = plain_ids(store, with_now(store, samples[s].where), ids);
    struct ticket_filter f = samples[s].filter;
    int64_t total;
    assert_ok(ticket_total(as(store, &manager), &f, &total));
    assert_int_equal(total, count);
    assert_true(count > 0);
    f.limit = 7;
    /* Every page that begins or ends beside a block's border, in both directions. */
    for (size_t i = 0; i <= count; i++) {
      bool border = i == 0 || i + 1 >= count || ids[i - 1] >> 8 != ids[i] >> 8;
      bool large = i > 0 && i < count && ids[i - 1] >> 13 != ids[i] >> 13;
      if (!large && !(border && i % 23 == 0) && i % 997 != 0) {
        continue;
      }
      for (int up = 0; up < 2; up++) {
        f.skip = (int64_t)i;
        f.after_id = up ? INT64_MIN + 1 : 0;
        struct ticket *page = NULL;
        size_t n = 0;
        assert_ok(ticket_list(as(store, &manager), &f, &page, &n));
        size_t left = count - i;
        assert_int_equal(n, left < 7 ? left : 7);
        for (size_t k = 0; k < n; k++) {
          assert_int_equal(page[k].id, ids[up ? count - 1 - i - k : i + k]);
        }
      }
    }
  }
}

static void keysets_join_the_pages_with_every_filter(struct store *store) {
  const struct who manager = person(store, 1, ROLE_MANAGER, "Budi", "budi@example.com");
  make_many(store, &manager);
  int64_t *ids = ARENA_ARRAY(store->ctx.arena, int64_t, TICKETS);
  for (size_t s = 0; s < sizeof samples / sizeof *samples; s++) {
    size_t count = plain_ids(store, with_now(store, samples[s].where), ids), seen = 0, n = 0;
    for (int up = 0; up < 2; up++) {
      struct ticket_filter f = samples[s].filter;
      f.limit = 250;
      f.after_id = up ? INT64_MIN + 1 : 0;
      seen = 0;
      do {
        struct ticket *page = NULL;
        assert_ok(ticket_list(as(store, &manager), &f, &page, &n));
        for (size_t k = 0; k < n; k++, seen++) {
          assert_int_equal(page[k].id, ids[up ? count - 1 - seen : seen]);
        }
        f.before_id = !up && n > 0 ? page[n - 1].id : 0;
        f.after_id = up && n > 0 ? page[n - 1].id : f.after_id;
      } while (n == 250);
      assert_int_equal(seen, count);
    }
  }
}

static void a_damaged_block_is_refused(struct store *store) {
  const struct who manager = person(store, 1, ROLE_MANAGER, "Budi", "budi@example.com");
  ticket_of(store, &manager);
  static const char head[] = "000000000000000000000000000000000000000000000000";
  const char *const bytes[] = {"81",       "05",     "0002", "00", "0001ff", "0003", "ffffffffffffffffffff02",
                               "017f0002", "d10502", NULL /* not even a head */};
  for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++) {
    store_sql(store, SQL(store,
                         store->pgsql ? "UPDATE ticket_block SET cells = '\\x%s%s'"
                                      : "UPDATE ticket_block SET cells = X'%s%s'",
                         bytes[i] != NULL ? head : "0000", bytes[i] != NULL ? bytes[i] : ""));
    int64_t total = 99;
    const struct ticket_filter f = {.limit = 1};
    assert_status(STATUS_BROKEN, ticket_total(as(store, &manager), &f, &total));
    const struct ticket_new another = plain_ticket();
    struct ticket ticket;
    assert_status(STATUS_BROKEN, ticket_create(as(store, &manager), &another, &ticket));
  }
  assert_ok(ticket_sums_rebuild(as(store, &manager), 1));
  ticket_of(store, &manager);
  assert_counters_true(store);
}

static void blocks_hold_any_number(struct store *store) {
  const struct who manager = person(store, 1, ROLE_MANAGER, "Budi", "budi@example.com");
  ticket_of(store, &manager);
  /* New, normal, repair, technical is cell 33; then 2^40, with its sign in the lowest bit. */
  static const char cells[] = "00000000000000000000000000000000000000000000000022808080808040";
  store_sql(store, SQL(store,
                       store->pgsql ? "UPDATE ticket_block SET cells = '\\x%s' WHERE kind = 4"
                                    : "UPDATE ticket_block SET cells = X'%s' WHERE kind = 4",
                       cells));
  int64_t total;
  const struct ticket_filter f = {.limit = 1};
  assert_ok(ticket_total(as(store, &manager), &f, &total));
  assert_int_equal(total, INT64_C(1) << 40);
  ticket_of(store, &manager);
  assert_ok(ticket_total(as(store, &manager), &f, &total));
  assert_int_equal(total, (INT64_C(1) << 40) + 1);
}

static void tenants_with_older_tickets_get_their_sums_at_the_next_start(struct store *store) {
  const struct who manager = person(store, 1, ROLE_MANAGER, "Budi", "budi@example.com");
  tenant_make(store, 2);
  const struct who other = person(store, 2, ROLE_MANAGER, "Ani", "ani@example.com");
  for (int i = 0; i < 3; i++) {
    ticket_of(store, &manager);
    ticket_of(store, &other);
  }
  store_sql(store, "DELETE FROM ticket_block");
  store_sql(store, "DELETE FROM ticket_day");
  store_sql(store, "INSERT INTO ticket_sums_missing (tenant_id) VALUES (1), (2)");
  assert_ok(ticket_sums_repair(as(store, NULL)));
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM ticket_sums_missing"), 0);
  assert_counters_true(store);
  assert_ok(ticket_sums_repair(as(store, NULL)));
  assert_counters_true(store);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(pages_and_totals_are_those_of_a_plain_query),
      STORE_TEST(keysets_join_the_pages_with_every_filter),
      STORE_TEST(a_damaged_block_is_refused),
      STORE_TEST(blocks_hold_any_number),
      STORE_TEST(tenants_with_older_tickets_get_their_sums_at_the_next_start),
  };
  return STORE_RUN(tests);
}
