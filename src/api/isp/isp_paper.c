#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "api/isp/isp_reports.h"
#include "base/time.h"
#include "desk/tenant/tenant.h"

/* What all documents share: words in the reader's language, dates, numbers, the head, the way to the client.
 */

/* English, Indonesian. */
static const char *const phrases[SAY_PHRASES][2] = {
    [SAY_TICKETS] = {"Ticket report", "Laporan tiket"},
    [SAY_PERFORMANCE] = {"Performance report", "Laporan kinerja"},
    [SAY_INVENTORY] = {"Inventory report", "Laporan inventaris"},
    [SAY_PERIOD] = {"Period", "Periode"},
    [SAY_ALL_TIME] = {"All time", "Seluruh waktu"},
    [SAY_FROM] = {"From", "Sejak"},
    [SAY_UNTIL] = {"Until", "Sampai"},
    [SAY_MADE] = {"Made", "Dibuat"},
    [SAY_NUMBER] = {"Number", "Nomor"},
    [SAY_TITLE] = {"Title", "Judul"},
    [SAY_TYPE] = {"Type", "Jenis"},
    [SAY_PRIORITY] = {"Priority", "Prioritas"},
    [SAY_STATUS] = {"Status", "Status"},
    [SAY_CUSTOMER] = {"Customer", "Pelanggan"},
    [SAY_TECHNICIAN] = {"Technician", "Teknisi"},
    [SAY_CREATED] = {"Created", "Dibuat"},
    [SAY_SCHEDULED] = {"Scheduled", "Dijadwalkan"},
    [SAY_DEADLINE] = {"Deadline", "Batas waktu"},
    [SAY_SOLVED] = {"Solved", "Selesai"},
    [SAY_RATING] = {"Rating", "Penilaian"},
    [SAY_TOTAL] = {"Tickets", "Tiket"},
    [SAY_OPEN] = {"Open", "Belum selesai"},
    [SAY_BY_STATUS] = {"By status", "Menurut Status"},
    [SAY_BY_PRIORITY] = {"By priority", "Menurut Prioritas"},
    [SAY_BY_TYPE] = {"By type", "Menurut Jenis"},
    [SAY_COMPLETED] = {"Completed", "Diselesaikan"},
    [SAY_ON_TIME] = {"On time (%)", "Tepat waktu (%)"},
    [SAY_FIRST_CALL] = {"First call (%)", "Sekali jalan (%)"},
    [SAY_HOURS] = {"Average hours", "Rata-rata jam"},
    [SAY_CATEGORY] = {"Category", "Kategori"},
    [SAY_LOW_ONLY] = {"Low stock only", "Hanya stok rendah"},
    [SAY_ITEM] = {"Item", "Barang"},
    [SAY_SKU] = {"SKU", "SKU"},
    [SAY_STOCK] = {"Stock", "Stok"},
    [SAY_MIN_STOCK] = {"Minimum", "Minimum"},
    [SAY_PRICE] = {"Price", "Harga"},
    [SAY_VALUE] = {"Value", "Nilai"},
    [SAY_OUT] = {"In the field", "Di lapangan"},
    [SAY_ADDED] = {"Added", "Ditambah"},
    [SAY_ASSIGNED] = {"Given out", "Dikeluarkan"},
    [SAY_RETURNED] = {"Returned", "Dikembalikan"},
    [SAY_DAMAGED] = {"Damaged", "Rusak"},
    [SAY_LOST] = {"Lost", "Hilang"},
    [SAY_GONE] = {"Damaged, lost", "Rusak, hilang"},
    [SAY_MOVEMENTS] = {"Stock movements", "Pergerakan stok"},
    [SAY_PIECES] = {"Pieces", "Buah"},
    [SAY_LEVELS] = {"Stock levels", "Persediaan"},
    [SAY_ENOUGH] = {"Enough", "Cukup"},
    [SAY_LOW] = {"Low stock", "Stok rendah"},
    [SAY_ITEMS] = {"Items", "Barang"},
    [SAY_YES] = {"yes", "ya"},
};

static bool is_indonesian(const struct isp_paper *paper) {
  return paper->language == LANGUAGE_INDONESIAN;
}

struct str isp_phrase(const struct isp_paper *paper, enum isp_phrase phrase) {
  return str_of(phrases[phrase][is_indonesian(paper)]);
}

struct str isp_word(const struct isp_paper *paper, const struct word *words, int value) {
  static const struct {
    const struct word *words;
    int value;
    const char *said[2];
  } known[] = {
      {isp_status_words, TICKET_NEW, {"New", "Baru"}},
      {isp_status_words, TICKET_ASSIGNED, {"Assigned", "Ditugaskan"}},
      {isp_status_words, TICKET_IN_PROGRESS, {"In progress", "Dikerjakan"}},
      {isp_status_words, TICKET_PENDING, {"Pending", "Menunggu"}},
      {isp_status_words, TICKET_RESOLVED, {"Resolved", "Selesai"}},
      {isp_status_words, TICKET_CLOSED, {"Closed", "Ditutup"}},
      {isp_priority_words, PRIORITY_LOW, {"Low", "Rendah"}},
      {isp_priority_words, PRIORITY_NORMAL, {"Normal", "Normal"}},
      {isp_priority_words, PRIORITY_HIGH, {"High", "Tinggi"}},
      {isp_priority_words, PRIORITY_CRITICAL, {"Critical", "Kritis"}},
      {isp_priority_words, PRIORITY_EMERGENCY, {"Emergency", "Darurat"}},
      {isp_type_words, WORK_NEW_INSTALLATION, {"New installation", "Pasang baru"}},
      {isp_type_words, WORK_REPAIR, {"Repair", "Perbaikan"}},
      {isp_type_words, WORK_MAINTENANCE, {"Maintenance", "Perawatan"}},
      {isp_type_words, WORK_UPGRADE, {"Upgrade", "Peningkatan"}},
      {isp_type_words, WORK_DISCONNECTION, {"Disconnection", "Pemutusan"}},
  };
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    if (known[i].words == words && known[i].value == value) {
      return str_of(known[i].said[is_indonesian(paper)]);
    }
  }
  return str_of(word_of(words, value));
}

/* ---- dates and numbers ---- */

static const char *const months[12][2] = {
    {"January", "Januari"}, {"February", "Februari"}, {"March", "Maret"},
    {"April", "April"},     {"May", "Mei"},           {"June", "Juni"},
    {"July", "Juli"},       {"August", "Agustus"},    {"September", "September"},
    {"October", "Oktober"}, {"November", "November"}, {"December", "Desember"},
};

static struct str day_text(const struct isp_paper *paper, struct arena *arena, int64_t day) {
  int year;
  int month;
  int month_day;
  time_day_parts(day, &year, &month, &month_day);
  return str_format(arena, "%d %s %d", month_day, months[month - 1][is_indonesian(paper)], year);
}

struct str isp_date(const struct isp_paper *paper, struct arena *arena, int64_t time_us) {
  return time_us == 0 ? STR("") : day_text(paper, arena, time_local_day(time_us, paper->zone));
}

struct str isp_moment(const struct isp_paper *paper, struct arena *arena, int64_t time_us) {
  if (time_us == 0) {
    return STR("");
  }
  int64_t day;
  int second;
  time_local(time_us, paper->zone, &day, &second);
  struct str date = day_text(paper, arena, day);
  const char *format = is_indonesian(paper) ? "%.*s %02d.%02d" : "%.*s %02d:%02d";
  return str_format(arena, format, STR_ARG(date), second / 3600, second / 60 % 60);
}

struct str isp_stamp(const struct isp_paper *paper, struct arena *arena, int64_t time_us) {
  if (time_us == 0) {
    return STR("");
  }
  int64_t day;
  int second;
  char date[16];
  time_local(time_us, paper->zone, &day, &second);
  time_day_print(day, date);
  return str_format(arena, "%s %02d:%02d", date, second / 3600, second / 60 % 60);
}

struct str isp_period(const struct isp_paper *paper, struct arena *arena, int period, int64_t first_day,
                      int64_t last_day) {
  int year;
  int month;
  int month_day;
  time_day_parts(first_day, &year, &month, &month_day);
  struct str first = day_text(paper, arena, first_day);
  switch (period) {
    case REPORT_WEEKLY: {
      struct str last = day_text(paper, arena, last_day);
      return str_format(arena, "%.*s – %.*s", STR_ARG(first), STR_ARG(last));
    }
    case REPORT_MONTHLY:
      return str_format(arena, "%s %d", months[month - 1][is_indonesian(paper)], year);
    case REPORT_YEARLY:
      return str_format(arena, "%d", year);
    default:
      return first;
  }
}

struct str isp_period_label(const struct isp_paper *paper, struct arena *arena, int period,
                            int64_t first_day) {
  /* Not always the first letters of the whole name. */
  static const char *const brief[12][2] = {{"Jan", "Jan"}, {"Feb", "Feb"}, {"Mar", "Mar"}, {"Apr", "Apr"},
                                           {"May", "Mei"}, {"Jun", "Jun"}, {"Jul", "Jul"}, {"Aug", "Agu"},
                                           {"Sep", "Sep"}, {"Oct", "Okt"}, {"Nov", "Nov"}, {"Dec", "Des"}};
  int year;
  int month;
  int month_day;
  time_day_parts(first_day, &year, &month, &month_day);
  switch (period) {
    case REPORT_MONTHLY:
      return str_format(arena, "%s\u202f%02d", brief[month - 1][is_indonesian(paper)], year % 100);
    case REPORT_YEARLY:
      return str_format(arena, "%d", year);
    default:
      return str_format(arena, "%d/%d", month_day, month);
  }
}

struct str isp_number(const struct isp_paper *paper, struct arena *arena, double number, int decimals) {
  char plain[64];
  snprintf(plain, sizeof plain, "%.*f", decimals, fabs(number));
  struct str digits = str_of(plain);
  size_t whole = str_find(digits, '.');
  char *at = arena_alloc(arena, 2 * digits.len + 2);
  size_t len = 0;
  if (number < 0) {
    at[len++] = '-';
  }
  for (size_t i = 0; i < digits.len; i++) {
    if (i == whole) {
      at[len++] = is_indonesian(paper) ? ',' : '.';
      continue;
    }
    if (i > 0 && i < whole && (whole - i) % 3 == 0) {
      at[len++] = is_indonesian(paper) ? '.' : ',';
    }
    at[len++] = digits.at[i];
  }
  return (struct str){at, len};
}

struct str isp_money(const struct isp_paper *paper, struct arena *arena, double amount) {
  return isp_number(paper, arena, amount, rint(amount) == amount ? 0 : 2);
}

/* ---- the document ---- */

struct paper_work {
  struct call *call;
  struct isp_paper *paper;
};

static enum status load_paper(struct ctx *ctx, void *arg) {
  struct paper_work *work = arg;
  struct account account;
  struct tenant tenant;
  TRY(account_by_id(ctx, ctx->who->home_tenant_id, ctx->who->account_id, &account));
  TRY(tenant_get(ctx, ctx->who->tenant_id, &tenant));
  *work->paper = (struct isp_paper){.call = work->call,
                                    .language = account.language,
                                    .zone = str_c(ctx->arena, tenant.timezone),
                                    .desk = tenant.name};
  return STATUS_OK;
}

enum status isp_paper_of(struct call *call, struct isp_paper *out) {
  struct paper_work work = {call, out};
  return db_read(&call->ctx, load_paper, &work);
}

/* A day as the caller sent it, told as a date where it is one. */
static struct str said_day(const struct isp_paper *paper, struct str text) {
  int64_t from;
  int64_t to;
  if (time_day(text, paper->zone, &from, &to) == STATUS_OK) {
    return day_text(paper, paper->call->ctx.arena, time_local_day(from, paper->zone));
  }
  return text;
}

static struct str period_text(const struct isp_paper *paper, struct str from, struct str to) {
  struct arena *arena = paper->call->ctx.arena;
  struct str first = said_day(paper, from);
  struct str last = said_day(paper, to);
  if (from.len > 0 && to.len > 0) {
    return str_format(arena, "%.*s – %.*s", STR_ARG(first), STR_ARG(last));
  }
  if (from.len == 0 && to.len == 0) {
    return isp_phrase(paper, SAY_ALL_TIME);
  }
  struct str word = isp_phrase(paper, from.len > 0 ? SAY_FROM : SAY_UNTIL);
  struct str day = from.len > 0 ? first : last;
  return str_format(arena, "%.*s %.*s", STR_ARG(word), STR_ARG(day));
}

struct pdf_head isp_pdf_head(const struct isp_paper *paper, enum isp_phrase title, struct str date_from,
                             struct str date_to) {
  static const struct pdf_words words[2] = {
      {.page_of = {"Page {n} of {m}", 15},
       .page = {"Page {n}", 8},
       .no_data = {"No data", 7},
       .others = {"Others", 6},
       .decimal = {".", 1},
       .group = {",", 1}},
      {.page_of = {"Halaman {n} dari {m}", 20},
       .page = {"Halaman {n}", 11},
       .no_data = {"Tidak ada data", 14},
       .others = {"Lainnya", 7},
       .decimal = {",", 1},
       .group = {".", 1}},
  };
  struct arena *arena = paper->call->ctx.arena;
  int64_t now = paper->call->ctx.now_us;
  struct str moment = isp_moment(paper, arena, now);
  return (struct pdf_head){
      .title = isp_phrase(paper, title),
      .desk = paper->desk,
      .period = period_text(paper, date_from, date_to),
      .made = {isp_phrase(paper, SAY_MADE), str_format(arena, "%.*s (%s)", STR_ARG(moment), paper->zone)},
      .made_at = now,
      .landscape = true,
      .words = words[is_indonesian(paper)],
  };
}

enum status isp_begin_file(const struct isp_paper *paper, enum isp_format format, const char *name) {
  struct call *call = paper->call;
  char day[16];
  time_day_print(time_local_day(call->ctx.now_us, paper->zone), day);
  bool csv = format == ISP_FORMAT_CSV;
  if (!csv && !pdf_available()) {
    return problem_set(&call->ctx, &problem_unavailable);
  }
  call_header(
      call, "Content-Disposition",
      str_format(call->ctx.arena, "attachment; filename=\"%s-%s.%s\"", name, day, csv ? "csv" : "pdf"));
  call_header(call, "Cache-Control", STR("private, no-store"));
  return call_stream(call, 200, csv ? STR("text/csv; charset=utf-8") : STR("application/pdf"));
}

enum status isp_pdf_sink(void *call, struct str bytes) {
  return call_write(call, bytes);
}
