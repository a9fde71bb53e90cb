#include "post/hook_http.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/time.h"

enum { ANSWER_MAX = 64 * 1024, HEADER_MAX = 256, REASON_MAX = 200, HTTP_GONE = 410 };

struct slot {
  struct hook_http *http;
  CURL *easy; /* NULL: free */
  struct curl_slist *headers;
  struct webhook_outcome outcome;
  int64_t started_ns;
  size_t received;
  bool refused; /* an address that is not public */
};

struct hook_http {
  CURLM *multi;
  hook_http_done done;
  void *arg;
  unsigned under_way;
  struct slot slots[HOOK_HTTP_SLOTS];
};

static void must(bool well) {
  if (!well) {
    die("Out of memory for webhooks.");
  }
}

struct hook_http *hook_http_new(hook_http_done done, void *arg) {
  struct hook_http *http = calloc(1, sizeof *http);
  must(http != NULL && curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
  http->multi = curl_multi_init();
  must(http->multi != NULL);
  curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)HOOK_HTTP_SLOTS);
  http->done = done;
  http->arg = arg;
  return http;
}

unsigned hook_http_room(const struct hook_http *http) {
  return HOOK_HTTP_SLOTS - http->under_way;
}

/* ---- one try ---- */

static void clear(struct slot *slot) {
  if (slot->easy != NULL) {
    curl_multi_remove_handle(slot->http->multi, slot->easy);
    curl_easy_cleanup(slot->easy);
    slot->http->under_way--;
  }
  curl_slist_free_all(slot->headers);
  *slot = (struct slot){0};
}

static void end(struct slot *slot, const char *reason) {
  struct hook_http *http = slot->http;
  struct webhook_outcome outcome = slot->outcome;
  outcome.took_ms = (time_monotonic_ns() - slot->started_ns) / 1000000;
  outcome.reason = str_of(reason);
  clear(slot);
  http->done(http->arg, &outcome);
}

/* The address that is really connected to, whatever the name said before. */
static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address) {
  struct slot *slot = arg;
  if (purpose != CURLSOCKTYPE_IPCXN || !webhook_may_connect(&address->addr)) {
    slot->refused = true;
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* What the receiver says beside its status is of no use; a flood of it is not waited for. */
static size_t drop(char *bytes, size_t size, size_t count, void *arg) {
  (void)bytes;
  struct slot *slot = arg;
  slot->received += size * count;
  return slot->received <= ANSWER_MAX ? size * count : CURL_WRITEFUNC_ERROR;
}

static void add_header(struct slot *slot, const char *line) {
  struct curl_slist *longer = curl_slist_append(slot->headers, line);
  must(longer != NULL);
  slot->headers = longer;
}

static void add_headers(struct slot *slot, const struct webhook_sending *sending) {
  char line[HEADER_MAX];
  char id[UUID_TEXT_SIZE];
  char first[WEBHOOK_SIGNATURE_SIZE];
  char second[WEBHOOK_SIGNATURE_SIZE] = "";
  const struct str id_text = str_of(uuid_print(sending->delivery.uuid, id));
  int64_t timestamp_s = time_now_us() / TIME_SECOND_US;
  webhook_sign(sending->secret, id_text, timestamp_s, sending->delivery.body, first);
  if (sending->old_secret.len > 0) {
    webhook_sign(sending->old_secret, id_text, timestamp_s, sending->delivery.body, second);
  }
  add_header(slot, "Content-Type: application/json");
  add_header(slot, "Expect:");
  snprintf(line, sizeof line, "webhook-id: %s", id);
  add_header(slot, line);
  snprintf(line, sizeof line, "webhook-timestamp: %lld", (long long)timestamp_s);
  add_header(slot, line);
  snprintf(line, sizeof line, "webhook-signature: %s%s%s", first, second[0] != '\0' ? " " : "", second);
  add_header(slot, line);
}

static CURLcode set_up(struct slot *slot, const struct webhook_sending *sending) {
  CURL *easy = slot->easy;
  const struct str body = sending->delivery.body;
  char url[WEBHOOK_URL_MAX + 1];
  if (sending->url.len > WEBHOOK_URL_MAX) {
    return CURLE_URL_MALFORMAT;
  }
  memcpy(url, sending->url.at, sending->url.len);
  url[sending->url.len] = '\0';
  CURLcode code = curl_easy_setopt(easy, CURLOPT_URL, url);
#define SET(option, value) code = code == CURLE_OK ? curl_easy_setopt(easy, CURLOPT_##option, (value)) : code
  SET(PROTOCOLS_STR, "http,https");
  SET(PROXY, ""); /* the environment's would connect in our place */
  SET(NOSIGNAL, 1L);
  SET(QUICK_EXIT, 1L); /* a name that nobody answers must not hold up the thread past the time limit */
  SET(HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
  SET(FOLLOWLOCATION, 0L);
  SET(TIMEOUT_MS, HOOK_HTTP_TIMEOUT_S * 1000L);
  SET(USERAGENT, "Sigap/" SIGAP_VERSION);
  SET(HTTPHEADER, slot->headers);
  SET(POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
  SET(COPYPOSTFIELDS, body.at);
  SET(OPENSOCKETFUNCTION, open_socket);
  SET(OPENSOCKETDATA, slot);
  SET(WRITEFUNCTION, drop);
  SET(WRITEDATA, slot);
  SET(PRIVATE, slot);
#undef SET
  return code;
}

void hook_http_send(struct hook_http *http, const struct webhook_sending *sending) {
  struct slot *slot = http->slots;
  while (slot->easy != NULL) {
    slot++;
  }
  *slot = (struct slot){
      .http = http,
      .easy = curl_easy_init(),
      .outcome = {.webhook_id = sending->webhook_id,
                  .delivery_id = sending->delivery.id,
                  .tries = sending->delivery.tries,
                  .how = WEBHOOK_REFUSED},
      .started_ns = time_monotonic_ns(),
  };
  must(slot->easy != NULL);
  http->under_way++;
  random_bytes(&slot->outcome.chance, sizeof slot->outcome.chance);
  add_headers(slot, sending);
  CURLcode code = set_up(slot, sending);
  if (code != CURLE_OK || curl_multi_add_handle(http->multi, slot->easy) != CURLM_OK) {
    end(slot, "The address can't be used.");
  }
}

/* ---- their ends ---- */

static void judge(struct slot *slot, CURLcode code) {
  char reason[REASON_MAX];
  long status = 0;
  curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &status);
  /* Nobody waits for the rest of a long answer: its status counts. */
  bool answered = code == CURLE_OK || (code == CURLE_WRITE_ERROR && slot->received > ANSWER_MAX);
  slot->outcome.http_status = answered ? status : 0;
  if (answered && status >= 200 && status < 300) {
    slot->outcome.how = WEBHOOK_TAKEN;
    reason[0] = '\0';
  } else if (answered) {
    slot->outcome.how = status == HTTP_GONE ? WEBHOOK_REFUSED_GONE : WEBHOOK_REFUSED;
    snprintf(reason, sizeof reason, "The receiver answered %ld%s.", status,
             status >= 300 && status < 400 ? "; redirects are not followed" : "");
  } else if (slot->refused) {
    snprintf(reason, sizeof reason, "The receiver's address is not public.");
  } else if (code == CURLE_OPERATION_TIMEDOUT) {
    snprintf(reason, sizeof reason, "There was no answer within %d seconds.", HOOK_HTTP_TIMEOUT_S);
  } else {
    snprintf(reason, sizeof reason, "There was no answer: %s.", curl_easy_strerror(code));
  }
  end(slot, reason);
}

void hook_http_run(struct hook_http *http, int fd, int timeout_ms) {
  int running = 0;
  int left = 0;
  (void)curl_multi_perform(http->multi, &running);
  bool ended = false;
  for (CURLMsg *message; (message = curl_multi_info_read(http->multi, &left)) != NULL;) {
    if (message->msg == CURLMSG_DONE) {
      CURLcode code = message->data.result; /* goes with the handle */
      struct slot *slot = NULL;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &slot);
      judge(slot, code);
      ended = true;
    }
  }
  if (!ended) {
    struct curl_waitfd woken = {.fd = fd, .events = CURL_WAIT_POLLIN};
    (void)curl_multi_poll(http->multi, &woken, 1, timeout_ms, NULL);
  }
}

void hook_http_free(struct hook_http *http) {
  if (http == NULL) {
    return;
  }
  for (unsigned i = 0; i < HOOK_HTTP_SLOTS; i++) {
    if (http->slots[i].easy != NULL) {
      http->slots[i].outcome.how = WEBHOOK_PUT_OFF;
      end(&http->slots[i], "");
    }
  }
  curl_multi_cleanup(http->multi);
  curl_global_cleanup();
  free(http);
}
