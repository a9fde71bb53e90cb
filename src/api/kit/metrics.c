#include "api/kit/internal.h"
#include "base/time.h"

/* What the kit counts, as Prometheus text (exposition format 0.0.4). */

static const int64_t bucket_us[KIT_BUCKETS] = {500,   1000,   2500,   5000,    10000,  25000,
                                               50000, 100000, 500000, 1000000, 5000000};
static const char *const bucket_name[KIT_BUCKETS] = {"0.0005", "0.001", "0.0025", "0.005", "0.01", "0.025",
                                                     "0.05",   "0.1",   "0.5",    "1",     "5"};

static void add(atomic_uint_fast64_t *counter, uint64_t n) {
  atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

static uint64_t get(const atomic_uint_fast64_t *counter) {
  return atomic_load_explicit((atomic_uint_fast64_t *)counter, memory_order_relaxed);
}

void metrics_count(struct kit *kit, const struct call *call, const struct http_exchange *exchange) {
  if (call->under_way) {
    atomic_fetch_sub_explicit(&kit->in_flight, 1, memory_order_relaxed);
  }
  int digit = exchange->status / 100 % KIT_CLASSES;
  if (call->route == NULL) {
    add(&kit->unrouted[digit], 1);
    return;
  }
  struct kit_row *row = (struct kit_row *)call->match.data;
  int64_t took_us = (time_monotonic_ns() - exchange->received_ns) / 1000;
  int bucket = 0;
  while (bucket < KIT_BUCKETS && took_us > bucket_us[bucket]) {
    bucket++;
  }
  add(&row->answers[digit], 1);
  add(&row->buckets[bucket], 1);
  add(&row->duration_us, (uint64_t)took_us);
}

static void print_labels(struct buf *out, const struct kit_row *row) {
  buf_format(out, "dialect=\"%s\",method=\"%s\",route=\"%s\"", row->dialect->name,
             http_method_name(row->route->method), row->route->path);
}

static void print_answers(const struct kit *kit, struct buf *out) {
  buf_add_text(out,
               "# HELP sigap_http_requests_total Answers given, by route and class of status.\n"
               "# TYPE sigap_http_requests_total counter\n");
  for (size_t i = 0; i < kit->row_count; i++) {
    for (int digit = 1; digit < KIT_CLASSES; digit++) {
      uint64_t n = get(&kit->rows[i].answers[digit]);
      if (n > 0) {
        buf_add_text(out, "sigap_http_requests_total{");
        print_labels(out, &kit->rows[i]);
        buf_format(out, ",status=\"%dxx\"} %llu\n", digit, (unsigned long long)n);
      }
    }
  }
  for (int digit = 1; digit < KIT_CLASSES; digit++) {
    if (get(&kit->unrouted[digit]) > 0) {
      buf_format(out, "sigap_http_requests_total{dialect=\"\",method=\"\",route=\"\",status=\"%dxx\"} %llu\n",
                 digit, (unsigned long long)get(&kit->unrouted[digit]));
    }
  }
}

static void print_durations(const struct kit *kit, struct buf *out) {
  buf_add_text(out,
               "# HELP sigap_http_request_duration_seconds From the end of the head to the answer.\n"
               "# TYPE sigap_http_request_duration_seconds histogram\n");
  for (size_t i = 0; i < kit->row_count; i++) {
    const struct kit_row *row = &kit->rows[i];
    uint64_t sum = 0;
    for (int b = 0; b <= KIT_BUCKETS; b++) {
      sum += get(&row->buckets[b]);
    }
    if (sum == 0) {
      continue;
    }
    uint64_t so_far = 0;
    for (int b = 0; b <= KIT_BUCKETS; b++) {
      so_far += get(&row->buckets[b]);
      buf_add_text(out, "sigap_http_request_duration_seconds_bucket{");
      print_labels(out, row);
      buf_format(out, ",le=\"%s\"} %llu\n", b < KIT_BUCKETS ? bucket_name[b] : "+Inf",
                 (unsigned long long)so_far);
    }
    buf_add_text(out, "sigap_http_request_duration_seconds_sum{");
    print_labels(out, row);
    buf_format(out, "} %.6f\nsigap_http_request_duration_seconds_count{",
               (double)get(&row->duration_us) / 1e6);
    print_labels(out, row);
    buf_format(out, "} %llu\n", (unsigned long long)so_far);
  }
}

void kit_metrics(struct kit *kit, struct buf *out) {
  print_answers(kit, out);
  print_durations(kit, out);
  buf_format(
      out,
      "# HELP sigap_http_streams_total Answers longer than a piece that were sent while they were made.\n"
      "# TYPE sigap_http_streams_total counter\n"
      "sigap_http_streams_total{result=\"whole\"} %llu\n"
      "sigap_http_streams_total{result=\"broken\"} %llu\n",
      (unsigned long long)get(&kit->streams[true]), (unsigned long long)get(&kit->streams[false]));
  buf_format(out,
             "# HELP sigap_http_in_flight Requests read and not yet answered.\n"
             "# TYPE sigap_http_in_flight gauge\nsigap_http_in_flight %lld\n",
             (long long)atomic_load_explicit(&kit->in_flight, memory_order_relaxed));
}
