#include "app/demo.h"

#include <math.h>
#include <string.h>

#include "base/time.h"
#include "db/db.h"
#include "desk/access/access.h"
#include "desk/account/account.h"
#include "desk/customer/customer.h"
#include "desk/inventory/inventory.h"
#include "desk/notice/notice.h"
#include "desk/technician/technician.h"
#include "desk/tenant/tenant.h"
#include "desk/ticket/ticket.h"

const struct problem_kind demo_there = {
    STATUS_STATE, "demo_there",
    "The demonstration desk is in this database already. For another one name a data "
    "directory of its own."};

enum { TENANTS = 3, TECHNICIANS = 5, CUSTOMERS = 30, ITEMS = 8 };

/* Addresses under .invalid are nobody's (RFC 2606), and no mail is sent to them. */
static const struct {
  const char *name, *domain, *zone;
  double latitude, longitude;
} tenants[TENANTS] = {
    {"Operator", "demo.invalid", NULL, -6.2088, 106.8456}, /* tenant 1 keeps its name */
    {"Nusa Fiber", "nusa.localhost", "Asia/Jakarta", -6.9175, 107.6191},
    {"Bahari Net", "bahari.localhost", "Asia/Makassar", -5.1477, 119.4327},
};

static const struct {
  const char *local, *name;
  enum role role;
} staff[] = {
    {"admin", "Ratna Dewi", ROLE_SUPER_ADMIN},
    {"manager", "Bambang Wijaya", ROLE_MANAGER},
    {"supervisor", "Siti Rahma", ROLE_SUPERVISOR},
    {"service", "Dian Pratiwi", ROLE_CUSTOMER_SERVICE},
    {"service2", "Rizky Maulana", ROLE_CUSTOMER_SERVICE},
    {"technician1", "Agus Setiawan", ROLE_TECHNICIAN},
    {"technician2", "Budi Hartono", ROLE_TECHNICIAN},
    {"technician3", "Cahya Nugraha", ROLE_TECHNICIAN},
    {"technician4", "Eko Prasetyo", ROLE_TECHNICIAN},
    {"technician5", "Fajar Hidayat", ROLE_TECHNICIAN},
};
enum { STAFF = sizeof staff / sizeof *staff };
static const char *const first_names[] = {"Ayu",     "Bayu",   "Citra",  "Dimas", "Endah",
                                          "Farhan",  "Gita",   "Hendra", "Intan", "Joko",
                                          "Kartika", "Lukman", "Maya",   "Nanda", "Putri"};
static const char *const last_names[] = {"Santoso", "Lestari",   "Kusuma",    "Wibowo",
                                         "Saputra", "Anggraini", "Firmansyah"};
static const char *const streets[] = {"Jl. Merdeka", "Jl. Sudirman", "Jl. Diponegoro", "Jl. Gajah Mada",
                                      "Jl. Pahlawan"};
static const char *const areas[] = {"Utara", "Selatan", "Timur", "Barat"};
static const char *const packages[] = {"Home 30", "Home 50", "Bisnis 100"};
static const char *const skills[] = {"fiber", "router", "wireless"};
static const struct {
  const char *name, *category, *sku;
  int64_t price, stock, min_stock;
} items[ITEMS] = {
    {"Router AC1200", "Router", "RT-AC1200", 450000, 120, 20},
    {"Router AX3000", "Router", "RT-AX3000", 890000, 60, 15},
    {"ONT GPON", "ONT", "ONT-GPON", 320000, 150, 30},
    {"Kabel drop core 150 m", "Kabel", "DC-150", 185000, 30, 25},
    {"Patch cord SC-UPC 3 m", "Kabel", "PC-SC3", 25000, 400, 80},
    {"Splitter 1:8", "Pasif", "SPL-8", 95000, 70, 20},
    {"Konektor SC fast", "Pasif", "CON-SC", 12000, 900, 200},
    {"Adaptor 12 V", "Daya", "PSU-12", 55000, 25, 20},
};
static const struct {
  enum work_type type;
  const char *title, *text;
} troubles[] = {
    {WORK_REPAIR, "Internet mati sejak pagi", "Lampu LOS pada ONT merah sejak pukul tujuh pagi."},
    {WORK_REPAIR, "Koneksi sering putus",
     "Koneksi terputus beberapa kali dalam satu jam, terutama malam hari."},
    {WORK_REPAIR, "Kecepatan tidak sesuai paket", "Hasil uji kecepatan hanya sepersepuluh dari paket."},
    {WORK_NEW_INSTALLATION, "Pasang baru", "Pemasangan baru di rumah dua lantai, mohon dua titik akses."},
    {WORK_NEW_INSTALLATION, "Pasang baru kantor", "Kantor dengan dua belas orang, perlu IP statis."},
    {WORK_MAINTENANCE, "Rapikan kabel di tiang", "Kabel menjuntai di depan rumah setelah hujan."},
    {WORK_UPGRADE, "Naik paket", "Mohon naik paket dan ganti router."},
    {WORK_DISCONNECTION, "Berhenti berlangganan", "Pindah kota akhir bulan, perangkat siap diambil."},
};
enum { TROUBLES = sizeof troubles / sizeof *troubles };
static const char *const answers[] = {"Baik, teknisi kami jadwalkan hari ini.",
                                      "Sudah kami cek, konektor di tiang perlu diganti.",
                                      "Apakah perangkat sudah dimatikan sebentar lalu dinyalakan lagi?",
                                      "Perangkat sudah diganti, mohon dicoba."};
static const char *const praises[] = {"Cepat dan ramah.", "Teknisi datang tepat waktu.", "Sudah lancar lagi.",
                                      "Agak lama, tetapi selesai."};

/* ---- chance, the same each time ---- */

struct chance {
  uint64_t state;
};

static uint64_t draw(struct chance *chance) { /* splitmix64 */
  uint64_t mixed = chance->state += UINT64_C(0x9E3779B97F4A7C15);
  mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
  mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94D049BB133111EB);
  return mixed ^ (mixed >> 31);
}

static int below(struct chance *chance, int limit) {
  return (int)(draw(chance) % (uint64_t)limit);
}

static bool in_hundred(struct chance *chance, int hits) {
  return below(chance, 100) < hits;
}

static int64_t minutes(struct chance *chance, int from, int to) {
  return (from + below(chance, to - from)) * TIME_MINUTE_US + below(chance, 60) * TIME_SECOND_US;
}

/* ---- people ---- */

static struct str address_of(struct arena *arena, int tenant, const char *local) {
  return str_format(arena, "%s@%s.demo.invalid", local,
                    tenant == 0   ? "operator"
                    : tenant == 1 ? "nusa"
                                  : "bahari");
}

static struct str customer_local(struct arena *arena, int n) {
  return str_format(arena, "customer%d", n + 1);
}

/* Some number or other that stays the same. */
static struct str phone_of(struct arena *arena, struct str email) {
  struct chance chance = {0};
  for (size_t i = 0; i < email.len; i++) {
    chance.state = chance.state * 31 + (uint8_t)email.at[i];
  }
  return str_format(arena, "+62812%07d", below(&chance, 10000000));
}

static enum status make_account(struct ctx *ctx, int64_t tenant_id, struct str email, const char *name,
                                enum role role, struct str password, struct account *out) {
  const struct account_new new_account = {
      .tenant_id = tenant_id,
      .name = str_of(name),
      .email = email,
      .phone = phone_of(ctx->arena, email),
      .password = password,
      .role = role,
      .rule = PASSWORD_LONG_ENOUGH,
      .language = LANGUAGE_INDONESIAN,
      .by = ACCOUNT_BY_OPERATOR,
  };
  return account_create(ctx, &new_account, out);
}

/* The account as a caller. */
static struct who who_of(const struct account *account) {
  return (struct who){
      .account_id = account->id,
      .tenant_id = account->tenant_id,
      .home_tenant_id = account->tenant_id,
      .uuid = account->uuid,
      .role = (enum role)account->role,
      .operator_staff = account->tenant_id == TENANT_OPERATOR && role_is_staff((enum role)account->role),
      .name = account->name,
      .email = account->email,
  };
}

static enum status make_technician(struct ctx *ctx, const struct account *account, int tenant, int n) {
  const struct str known[] = {str_of(skills[n % 3]), str_of(skills[(n + 1) % 3])};
  const struct str served[] = {str_of(areas[n % 4]), str_of(areas[(n + 1) % 4])};
  const struct technician_change change = {
      .has_employee_id = true,
      .has_skills = true,
      .has_areas = true,
      .employee_id = str_format(ctx->arena, "TEK-%03d", n + 1),
      .skills = known,
      .skill_count = 2,
      .areas = served,
      .area_count = 2,
  };
  struct technician technician;
  TRY(technician_change(ctx, account->uuid, &change, &technician));
  return technician_locate(ctx, account->uuid, tenants[tenant].latitude + 0.01 * n,
                           tenants[tenant].longitude - 0.01 * n, &technician);
}

static enum status make_customers(struct ctx *ctx, int64_t tenant_id, int tenant, struct str password) {
  for (int n = 0; n < CUSTOMERS; n++) {
    struct str name = str_format(ctx->arena, "%s %s", first_names[n % 15], last_names[(n * 3 + tenant) % 7]);
    struct str local = customer_local(ctx->arena, n);
    struct account account;
    TRY(make_account(ctx, tenant_id, address_of(ctx->arena, tenant, str_c(ctx->arena, local)),
                     str_c(ctx->arena, name), ROLE_CUSTOMER, n == 0 ? password : STR_NONE, &account));
    const struct customer_change change = {
        .has_address = true,
        .has_place = true,
        .has_area = true,
        .has_package = true,
        .address = str_format(ctx->arena, "%s No. %d", streets[n % 5], 3 + 7 * n),
        .service_area = str_of(areas[n % 4]),
        .service_package = str_of(packages[n % 3]),
        .latitude = tenants[tenant].latitude + 0.003 * n,
        .longitude = tenants[tenant].longitude + 0.002 * n,
    };
    struct customer customer;
    TRY(customer_change(ctx, account.uuid, &change, &customer));
  }
  return STATUS_OK;
}

static enum status make_items(struct ctx *ctx) {
  for (int n = 0; n < ITEMS; n++) {
    const struct item_new new_item = {
        .name = str_of(items[n].name),
        .category = str_of(items[n].category),
        .sku = str_of(items[n].sku),
        .price_e4 = items[n].price * 10000,
        .stock = items[n].stock,
        .min_stock = items[n].min_stock,
    };
    struct item item;
    TRY(item_create(ctx, &new_item, &item));
  }
  return STATUS_OK;
}

/* By its domain; the first one is the operator's own. STATUS_NOT_FOUND where it is not made yet. */
static enum status tenant_id_of(struct ctx *ctx, int tenant, int64_t *id) {
  if (tenant == 0) {
    *id = TENANT_OPERATOR;
    return STATUS_OK;
  }
  struct tenant found;
  TRY(tenant_by_domain(ctx, str_of(tenants[tenant].domain), &found));
  *id = found.id;
  return STATUS_OK;
}

static enum status make_tenant(struct ctx *ctx, int tenant, struct str password) {
  int64_t tenant_id = TENANT_OPERATOR;
  if (tenant > 0) {
    const struct tenant_new new_tenant = {.name = str_of(tenants[tenant].name),
                                          .domain = str_of(tenants[tenant].domain),
                                          .kind = STR_NONE,
                                          .timezone = str_of(tenants[tenant].zone)};
    TRY(tenant_add(ctx, &new_tenant, &tenant_id));
  }
  struct account admin = {0};
  int technicians = 0;
  for (int n = 0; n < STAFF; n++) {
    struct account account;
    TRY(make_account(ctx, tenant_id, address_of(ctx->arena, tenant, staff[n].local), staff[n].name,
                     staff[n].role, password, &account));
    admin = n == 0 ? account : admin;
    if (staff[n].role == ROLE_TECHNICIAN) {
      const struct who who = who_of(&admin);
      ctx->who = &who;
      enum status status = make_technician(ctx, &account, tenant, technicians++);
      ctx->who = NULL;
      TRY(status);
    }
  }
  const struct who who = who_of(&admin);
  ctx->who = &who;
  enum status made = make_customers(ctx, tenant_id, tenant, password);
  made = made == STATUS_OK ? make_items(ctx) : made;
  ctx->who = NULL;
  return made;
}

static enum status make_people(struct ctx *ctx, struct str password) {
  struct account there;
  enum status found =
      account_by_email(ctx, TENANT_OPERATOR, address_of(ctx->arena, 0, staff[0].local), &there);
  if (found == STATUS_OK) {
    return problem_set(ctx, &demo_there);
  }
  if (found != STATUS_NOT_FOUND) {
    return found;
  }
  problem_clear(ctx);
  /* The operator's people come last: they are what tells that all of it was made. */
  for (int tenant = TENANTS - 1; tenant >= 0; tenant--) {
    TRY(make_tenant(ctx, tenant, password));
  }
  return STATUS_OK;
}

/* ---- a day ---- */

/* The people of a tenant, as the day needs them. */
struct desk {
  struct who service, supervisor;
  struct who technicians[TECHNICIANS];
  struct who customers[CUSTOMERS];
  struct uuid items[ITEMS];
  size_t item_count;
};

static enum status load_who(struct ctx *ctx, int64_t tenant_id, int tenant, const char *local,
                            struct who *out) {
  struct account account;
  TRY(account_by_email(ctx, tenant_id, address_of(ctx->arena, tenant, local), &account));
  *out = who_of(&account);
  return STATUS_OK;
}

static enum status load_desk(struct ctx *ctx, int tenant, struct desk *desk) {
  int64_t tenant_id;
  TRY(tenant_id_of(ctx, tenant, &tenant_id));
  TRY(load_who(ctx, tenant_id, tenant, "service", &desk->service));
  TRY(load_who(ctx, tenant_id, tenant, "supervisor", &desk->supervisor));
  for (int n = 0; n < TECHNICIANS; n++) {
    TRY(load_who(ctx, tenant_id, tenant, staff[STAFF - TECHNICIANS + n].local, &desk->technicians[n]));
  }
  for (int n = 0; n < CUSTOMERS; n++) {
    TRY(load_who(ctx, tenant_id, tenant, str_c(ctx->arena, customer_local(ctx->arena, n)),
                 &desk->customers[n]));
  }
  ctx->who = &desk->supervisor;
  const struct item_filter all = {.limit = ITEMS};
  struct item *found = NULL;
  TRY(item_list(ctx, &all, &found, &desk->item_count, NULL));
  for (size_t i = 0; i < desk->item_count; i++) {
    desk->items[i] = found[i].uuid;
  }
  return STATUS_OK;
}

/* A ticket that lives its life: each step as somebody, at a time, until now. */
struct life {
  struct ctx *ctx;
  struct chance *chance;
  const struct desk *desk;
  int64_t at, now;
  struct ticket ticket;
  const struct who *customer, *technician;
};

/* The next step is that much later; false where that has not come yet. */
static bool later(struct life *life, int from_minutes, int to_minutes, const struct who *who) {
  enum { FRESH_DAYS = 4, STALLED = 18 };
  bool stalls = in_hundred(life->chance, STALLED) && life->now - life->at < FRESH_DAYS * TIME_DAY_US;
  life->at += minutes(life->chance, from_minutes, to_minutes);
  if (stalls || life->at >= life->now) {
    return false; /* what is fresh is not all done yet */
  }
  life->ctx->now_us = life->at;
  life->ctx->who = who;
  return true;
}

static enum status set_status(struct life *life, enum ticket_status status) {
  const struct ticket_status_change change = {.reads_as = {{status}, 1}, .set = status};
  return ticket_set_status(life->ctx, life->ticket.uuid, &change, &life->ticket);
}

static enum ticket_priority urgency(struct chance *chance) {
  static const struct {
    int up_to; /* of a hundred */
    enum ticket_priority priority;
  } shares[] = {{25, PRIORITY_LOW},
                {75, PRIORITY_NORMAL},
                {93, PRIORITY_HIGH},
                {98, PRIORITY_CRITICAL},
                {100, PRIORITY_EMERGENCY}};
  int drawn = below(chance, 100);
  int i = 0;
  while (drawn >= shares[i].up_to) {
    i++;
  }
  return shares[i].priority;
}

static enum status begin(struct life *life, int n) {
  const struct who *customer = &life->desk->customers[below(life->chance, CUSTOMERS)];
  bool by_phone = in_hundred(life->chance, 40);
  int64_t later_day = in_hundred(life->chance, 50) ? minutes(life->chance, 600, 4000) : 0;
  const struct uuid nobody = {{0}};
  struct ticket_new new_ticket = {
      .title = str_of(troubles[n].title),
      .description = str_of(troubles[n].text),
      .category = troubles[n].type == WORK_DISCONNECTION ? CATEGORY_SERVICE : CATEGORY_TECHNICAL,
      .priority = urgency(life->chance),
      .work_type = troubles[n].type,
      .customer = by_phone ? customer->uuid : nobody,
      .has_place = true,
      .latitude = tenants[0].latitude + 0.001 * below(life->chance, 100),
      .longitude = tenants[0].longitude + 0.001 * below(life->chance, 100),
      .scheduled_at = later_day != 0 ? life->at + later_day : 0,
  };
  life->customer = customer;
  life->technician = &life->desk->technicians[below(life->chance, TECHNICIANS)];
  life->ctx->now_us = life->at;
  life->ctx->who = by_phone ? &life->desk->service : customer;
  return ticket_create(life->ctx, &new_ticket, &life->ticket);
}

static enum status hand_out(struct life *life) {
  const struct ticket_assignment assignment = {.assignee_id = life->technician->account_id,
                                               .technician_only = true};
  return ticket_assign(life->ctx, life->ticket.uuid, &assignment, &life->ticket);
}

static enum status say(struct life *life, const char *const *texts, int count) {
  return ticket_reply(life->ctx, life->ticket.uuid, str_of(texts[below(life->chance, count)]), &life->ticket);
}

/* What the technician takes along, and mostly brings back or leaves there. */
static enum status take_items(struct life *life) {
  if (life->desk->item_count == 0 || !in_hundred(life->chance, 30)) {
    return STATUS_OK;
  }
  const struct assignment_new new_assignment = {
      .item = life->desk->items[below(life->chance, (int)life->desk->item_count)],
      .technician = life->technician->uuid,
      .ticket = life->ticket.uuid,
      .quantity = 1 + below(life->chance, 2),
  };
  struct assignment assignment;
  enum status status = assignment_create(life->ctx, &new_assignment, &assignment);
  if (status == STATUS_STATE) {
    problem_clear(life->ctx); /* nothing left: the technician goes without */
    return STATUS_OK;
  }
  TRY(status);
  if (!in_hundred(life->chance, 70)) {
    return STATUS_OK;
  }
  const struct assignment_return returned = {
      .quantity = assignment.quantity,
      .condition = in_hundred(life->chance, 85)   ? CONDITION_GOOD
                   : in_hundred(life->chance, 70) ? CONDITION_DAMAGED
                                                  : CONDITION_LOST,
  };
  return assignment_return(life->ctx, assignment.uuid, &returned, &assignment);
}

/* Who is late is told so, up to ctx->now_us: by the system, whoever acts meanwhile. */
static enum status let_clocks_run(struct ctx *ctx) {
  const struct who *who = ctx->who;
  struct ticket_sla_done done;
  ctx->who = NULL;
  do {
    TRY(ticket_sla_run(ctx, 100, &done, NULL));
  } while (done.tickets > 0);
  ctx->who = who;
  return STATUS_OK;
}

static enum status finish(struct life *life) {
  if (!later(life, 30, in_hundred(life->chance, 80) ? 300 : 3000, life->technician)) {
    return STATUS_OK;
  }
  TRY(let_clocks_run(life->ctx));
  TRY(set_status(life, TICKET_RESOLVED));
  if (in_hundred(life->chance, 6) && later(life, 60, 2000, life->customer)) {
    TRY(set_status(life, TICKET_ASSIGNED)); /* not solved after all */
    if (!later(life, 60, 1500, life->technician)) {
      return STATUS_OK;
    }
    TRY(set_status(life, TICKET_RESOLVED));
  }
  if (in_hundred(life->chance, 60) && later(life, 5, 900, life->customer)) {
    int64_t stars = in_hundred(life->chance, 75) ? 5 - below(life->chance, 2) : 1 + below(life->chance, 4);
    TRY(ticket_rate(life->ctx, life->ticket.uuid, stars, str_of(praises[below(life->chance, 4)]),
                    &life->ticket));
  }
  if (in_hundred(life->chance, 70) && later(life, 60, 2000, life->customer)) {
    return set_status(life, TICKET_CLOSED);
  }
  return STATUS_OK;
}

static enum status live(struct life *life) {
  TRY(begin(life, below(life->chance, TROUBLES)));
  if (!later(life, 5, 120, &life->desk->service)) {
    return STATUS_OK;
  }
  TRY(in_hundred(life->chance, 50) ? say(life, answers, 4) : STATUS_OK);
  TRY(hand_out(life));
  if (!later(life, 20, 240, life->technician)) {
    return STATUS_OK;
  }
  TRY(set_status(life, TICKET_IN_PROGRESS));
  TRY(take_items(life));
  if (in_hundred(life->chance, 15)) {
    if (!later(life, 10, 60, life->technician)) {
      return STATUS_OK;
    }
    TRY(set_status(life, TICKET_PENDING));
    if (!later(life, 120, 1500, life->technician)) {
      return STATUS_OK;
    }
    TRY(set_status(life, TICKET_IN_PROGRESS));
  }
  return finish(life);
}

/* Those at work have read what is older than today; the manager has not. */
static enum status read_notices(struct ctx *ctx, const struct desk *desk) {
  int64_t changed;
  ctx->who = &desk->service;
  TRY(notice_read_all(ctx, &changed));
  ctx->who = &desk->supervisor;
  TRY(notice_read_all(ctx, &changed));
  for (int n = 0; n < TECHNICIANS; n++) {
    ctx->who = &desk->technicians[n];
    TRY(notice_read_all(ctx, &changed));
  }
  return STATUS_OK;
}

struct day {
  int day;        /* 0 the first; DEMO_DAYS today */
  int64_t now_us; /* of all parts */
};

static enum status day_run(struct ctx *ctx, void *arg) {
  const struct day *day = arg;
  enum status status = STATUS_OK;
  for (int tenant = 0; tenant < TENANTS && status == STATUS_OK; tenant++) {
    struct chance chance = {(uint64_t)(tenant * 1000 + day->day)};
    struct desk *desk = ARENA_NEW(ctx->arena, struct desk);
    TRY(load_desk(ctx, tenant, desk));
    if (day->day == DEMO_DAYS) {
      ctx->now_us = day->now_us;
      TRY(read_notices(ctx, desk));
    }
    int64_t start = day->now_us - (DEMO_DAYS - day->day) * TIME_DAY_US - 12 * TIME_HOUR_US;
    int count = 3 + below(&chance, 6);
    for (int n = 0; n < count && status == STATUS_OK; n++) {
      struct life life = {.ctx = ctx, .chance = &chance, .desk = desk, .now = day->now_us};
      life.at = start + n * (11 * TIME_HOUR_US / count) + minutes(&chance, 1, 60);
      status = life.at < day->now_us ? live(&life) : STATUS_OK;
    }
  }
  ctx->who = NULL;
  ctx->now_us = day->now_us;
  return status == STATUS_OK && day->day == DEMO_DAYS ? let_clocks_run(ctx) : status;
}

enum status demo_part(struct ctx *ctx, int part, int64_t now_us, struct str password) {
  int64_t before = ctx->now_us;
  enum status status;
  if (part == 0) {
    ctx->now_us = now_us - (DEMO_DAYS + 1) * TIME_DAY_US;
    status = make_people(ctx, password);
  } else {
    struct day day = {.day = part - 1, .now_us = now_us};
    status = db_write(ctx, day_run, &day);
  }
  ctx->who = NULL;
  ctx->now_us = before;
  return status;
}

void demo_tell(struct str password, struct buf *out) {
  CLEANUP_ARENA struct arena *arena = arena_new((size_t)64 * 1024);
  buf_add_text(out,
               "The demonstration desk is there: three tenants, their people, ninety days of tickets.\n");
  for (int tenant = 0; tenant < TENANTS; tenant++) {
    if (tenant == 0) {
      buf_add_text(out, "\nThe operator, at whatever host name the server has:\n");
    } else {
      buf_format(out, "\n%s, at the host name %s:\n", tenants[tenant].name, tenants[tenant].domain);
    }
    for (int n = 0; n <= STAFF; n++) {
      struct str email = address_of(arena, tenant, n < STAFF ? staff[n].local : "customer1");
      buf_format(out, "  %-18s %.*s\n", role_name(n < STAFF ? staff[n].role : ROLE_CUSTOMER), STR_ARG(email));
    }
  }
  buf_format(out, "\nThe password of all of them: %.*s\n", STR_ARG(password));
}
