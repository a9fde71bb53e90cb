#include "post/smtp.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/time.h"

enum {
  CONNECT_TIMEOUT_S = 15,
  TRANSFER_TIMEOUT_S = 120, /* whole: connect, dialogue, body, the answer after the final dot */
};

enum tls { TLS_OFF, TLS_TRY, TLS_REQUIRED };

struct smtp {
  char *url;  /* without credentials and settings */
  char *user; /* NULL none */
  char *password;
  char *options; /* ";AUTH=…" of the URL; NULL none */
  char *ca;      /* NULL: the machine's authorities */
  enum tls tls;
  CURL *curl; /* keeps the connection between mails; NULL: none open */

  /* the transfer under way */
  struct str message;
  size_t sent;
  const _Atomic int64_t *stop_at_ns;
  enum smtp_phase phase;
  int code;        /* of the last answer to the last command; 0 none yet */
  bool leaving;    /* QUIT was sent: what comes now says nothing about the mail */
  char words[200]; /* as long as the result's reason */
};

/* ---- the URL ---- */

/* The value of a setting in the URL's query, as a heap text; NULL without it. */
static char *query_value(const char *query, const char *name) {
  size_t len = strlen(name);
  const char *at = query;
  while (at != NULL && *at != '\0') {
    size_t size = strcspn(at, "&");
    if (size > len && at[len] == '=' && strncmp(at, name, len) == 0) {
      return strndup(at + len + 1, size - len - 1);
    }
    at += size + (at[size] == '&');
  }
  return NULL;
}

static bool query_known(const char *query) {
  const char *at = query;
  while (*at != '\0') {
    size_t size = strcspn(at, "&");
    if (strncmp(at, "tls=", 4) != 0 && strncmp(at, "ca=", 3) != 0) {
      return false;
    }
    at += size + (at[size] == '&');
  }
  return true;
}

static enum status read_query(struct smtp *smtp, CURLU *parsed, bool always_tls, char why[256]) {
  smtp->tls = always_tls ? TLS_REQUIRED : TLS_TRY;
  char *query = NULL;
  if (curl_url_get(parsed, CURLUPART_QUERY, &query, CURLU_URLDECODE) != CURLUE_OK || query == NULL) {
    return STATUS_OK;
  }
  enum status status = STATUS_OK;
  char *tls = query_value(query, "tls");
  smtp->ca = query_value(query, "ca");
  if (!query_known(query)) {
    snprintf(why, 256,
             "The SMTP address takes only the settings tls=try|required|off and ca=FILE after its '?'.");
    status = STATUS_INVALID;
  } else if (tls != NULL && strcmp(tls, "required") == 0) {
    smtp->tls = TLS_REQUIRED;
  } else if (tls != NULL && strcmp(tls, "off") == 0 && !always_tls) {
    smtp->tls = TLS_OFF;
  } else if (tls != NULL && (strcmp(tls, "try") != 0 || always_tls)) {
    snprintf(why, 256,
             "The SMTP address says tls=, which must be try, required or off (and is always required "
             "with smtps://).");
    status = STATUS_INVALID;
  }
  free(tls);
  curl_free(query);
  return status;
}

static char *url_part(CURLU *parsed, CURLUPart part, unsigned flags) {
  char *text = NULL;
  if (curl_url_get(parsed, part, &text, flags) != CURLUE_OK) {
    return NULL;
  }
  char *copy = strdup(text);
  curl_free(text);
  return copy;
}

static enum status read_url(struct smtp *smtp, CURLU *parsed, const char *url, char why[256]) {
  bool plain = strncasecmp(url, "smtp://", 7) == 0;
  bool always_tls = strncasecmp(url, "smtps://", 8) == 0;
  if ((!plain && !always_tls) || curl_url_set(parsed, CURLUPART_URL, url, 0) != CURLUE_OK) {
    /* The address itself stays untold: it may hold a password. */
    snprintf(why, 256,
             "The SMTP address must look like smtp://user:password@host:port or smtps://…; reserved "
             "characters in user and password are written as %%XX.");
    return STATUS_INVALID;
  }
  TRY(read_query(smtp, parsed, always_tls, why));
  smtp->user = url_part(parsed, CURLUPART_USER, CURLU_URLDECODE);
  smtp->password = url_part(parsed, CURLUPART_PASSWORD, CURLU_URLDECODE);
  smtp->options = url_part(parsed, CURLUPART_OPTIONS, CURLU_URLDECODE);
  char *port = url_part(parsed, CURLUPART_PORT, 0);
  if (port == NULL && !always_tls && smtp->user != NULL) {
    curl_url_set(parsed, CURLUPART_PORT, "587", 0);
  }
  free(port);
  curl_url_set(parsed, CURLUPART_USER, NULL, 0);
  curl_url_set(parsed, CURLUPART_PASSWORD, NULL, 0);
  curl_url_set(parsed, CURLUPART_OPTIONS, NULL, 0);
  curl_url_set(parsed, CURLUPART_QUERY, NULL, 0);
  curl_url_set(parsed, CURLUPART_FRAGMENT, NULL, 0);
  smtp->url = url_part(parsed, CURLUPART_URL, 0);
  if (smtp->url == NULL) {
    die("Out of memory.");
  }
  return STATUS_OK;
}

enum status smtp_new(const char *url, struct smtp **out, char why[256]) {
  struct smtp *smtp = calloc(1, sizeof(*smtp));
  CURLU *parsed = curl_url();
  if (smtp == NULL || parsed == NULL) {
    die("Out of memory.");
  }
  enum status status = read_url(smtp, parsed, url, why);
  curl_url_cleanup(parsed);
  if (status != STATUS_OK) {
    smtp_free(smtp);
    return status;
  }
  *out = smtp;
  return STATUS_OK;
}

static void wipe(char *secret) {
  if (secret != NULL) {
    explicit_bzero(secret, strlen(secret));
    free(secret);
  }
}

void smtp_free(struct smtp *smtp) {
  if (smtp == NULL) {
    return;
  }
  smtp_close(smtp);
  wipe(smtp->password);
  wipe(smtp->user);
  free(smtp->options);
  free(smtp->ca);
  free(smtp->url);
  free(smtp);
}

void smtp_close(struct smtp *smtp) {
  if (smtp->curl == NULL) {
    return;
  }
  curl_socket_t fd = CURL_SOCKET_BAD;
  if (curl_easy_getinfo(smtp->curl, CURLINFO_ACTIVESOCKET, &fd) == CURLE_OK && fd != CURL_SOCKET_BAD) {
    /* libcurl says QUIT and would wait up to two minutes for the answer; there is none to wait for
     * once nothing can be read. */
    shutdown(fd, SHUT_RD);
  }
  curl_easy_cleanup(smtp->curl);
  smtp->curl = NULL;
}

/* ---- libcurl's questions ---- */

static size_t give_body(char *to, size_t size, size_t count, void *user) {
  struct smtp *smtp = user;
  size_t left = smtp->message.len - smtp->sent;
  size_t take = left < size * count ? left : size * count;
  if (take > 0) {
    memcpy(to, smtp->message.at + smtp->sent, take);
  }
  smtp->sent += take;
  return take;
}

static size_t swallow(char *bytes, size_t size, size_t count, void *user) {
  (void)bytes;
  (void)user;
  return size * count;
}

static int check_stop(void *user, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d) {
  (void)a;
  (void)b;
  (void)c;
  (void)d;
  struct smtp *smtp = user;
  int64_t stop_at_ns = smtp->stop_at_ns != NULL ? atomic_load(smtp->stop_at_ns) : 0;
  return stop_at_ns != 0 && time_monotonic_ns() >= stop_at_ns;
}

static bool begins(const char *bytes, size_t size, const char *word) {
  size_t len = strlen(word);
  return size >= len && strncasecmp(bytes, word, len) == 0;
}

/* Follows the dialogue: libcurl's own result does not tell apart what was refused. Nothing of
 * it is logged. */
static int follow(CURL *curl, curl_infotype type, char *bytes, size_t size, void *user) {
  (void)curl;
  struct smtp *smtp = user;
  if (type == CURLINFO_HEADER_OUT) {
    smtp->leaving = begins(bytes, size, "QUIT");
    if (!smtp->leaving) {
      smtp->code = 0;
      smtp->words[0] = '\0';
      smtp->phase = begins(bytes, size, "MAIL")   ? SMTP_PHASE_MAIL
                    : begins(bytes, size, "RCPT") ? SMTP_PHASE_RCPT
                    : begins(bytes, size, "DATA") ? SMTP_PHASE_DATA
                                                  : SMTP_PHASE_CONNECT;
    }
  } else if (type == CURLINFO_HEADER_IN && !smtp->leaving && size >= 3 && isdigit((unsigned char)bytes[0]) &&
             isdigit((unsigned char)bytes[1]) && isdigit((unsigned char)bytes[2])) {
    smtp->code = (bytes[0] - '0') * 100 + (bytes[1] - '0') * 10 + (bytes[2] - '0');
    smtp_clean_reason((struct str){bytes, size}, smtp->words, sizeof(smtp->words));
  }
  return 0;
}

/* ---- one mail ---- */

static void set_up(struct smtp *smtp) {
  CURL *curl = curl_easy_init();
  if (curl == NULL) {
    die("libcurl gives no handle.");
  }
  smtp->curl = curl;
  curl_easy_setopt(curl, CURLOPT_URL, smtp->url);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L); /* a stop does not wait for a name server */
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_TIMEOUT_S);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)TRANSFER_TIMEOUT_S);
  curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
  if (smtp->user != NULL) {
    curl_easy_setopt(curl, CURLOPT_USERNAME, smtp->user);
    curl_easy_setopt(curl, CURLOPT_PASSWORD, smtp->password != NULL ? smtp->password : "");
  }
  if (smtp->options != NULL) {
    curl_easy_setopt(curl, CURLOPT_LOGIN_OPTIONS, smtp->options);
  }
  long use_ssl = smtp->tls == TLS_REQUIRED ? CURLUSESSL_ALL
                 : smtp->tls == TLS_TRY    ? CURLUSESSL_TRY
                                           : CURLUSESSL_NONE;
  curl_easy_setopt(curl, CURLOPT_USE_SSL, use_ssl);
  if (smtp->ca != NULL) {
    curl_easy_setopt(curl, CURLOPT_CAINFO, smtp->ca);
  } else if (smtp->tls != TLS_REQUIRED) {
    /* Who would also send in the clear gains nothing from refusing a certificate nobody signed. */
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_body);
  curl_easy_setopt(curl, CURLOPT_READDATA, smtp);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, swallow);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, check_stop);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, smtp);
  curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L); /* to `follow`, nowhere else */
  curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, follow);
  curl_easy_setopt(curl, CURLOPT_DEBUGDATA, smtp);
}

enum smtp_verdict smtp_judge(enum smtp_phase phase, int smtp_code) {
  bool wants_sign_in = smtp_code == 530 || smtp_code == 534 || smtp_code == 535 || smtp_code == 538;
  if (phase == SMTP_PHASE_CONNECT || smtp_code == 421 || wants_sign_in) {
    return SMTP_UNREACHABLE;
  }
  if (phase == SMTP_PHASE_MAIL && smtp_code >= 500 && smtp_code != 552) {
    return SMTP_UNREACHABLE; /* our sender address is refused: the operator's to mend, not the recipient's
                                fault */
  }
  /* 503 tells of the order of the commands, not of this mail. */
  return smtp_code >= 500 && smtp_code < 600 && smtp_code != 503 ? SMTP_NEVER : SMTP_LATER;
}

void smtp_clean_reason(struct str words, char *out, size_t size) {
  size_t used = 0;
  size_t at = 0;
  while (at < words.len && used + 1 < size) {
    size_t end = at;
    bool has_at = false;
    while (end < words.len && (unsigned char)words.at[end] > ' ') {
      has_at = has_at || words.at[end] == '@';
      end++;
    }
    struct str word = has_at ? STR("(address)") : (struct str){words.at + at, end - at};
    if (word.len > 0 && used > 0 && used + 1 < size) {
      out[used++] = ' ';
    }
    for (size_t i = 0; i < word.len && used + 1 < size; i++) {
      out[used++] = word.at[i] > 0x20 && word.at[i] < 0x7f ? word.at[i] : '?';
    }
    at = end + (end < words.len);
  }
  out[used] = '\0';
}

static CURLcode perform(struct smtp *smtp, struct smtp_result *result) {
  smtp->sent = 0;
  smtp->phase = SMTP_PHASE_CONNECT;
  smtp->code = 0;
  smtp->leaving = false;
  smtp->words[0] = '\0';
  CURLcode code = curl_easy_perform(smtp->curl);
  long connects = 0;
  if (curl_easy_getinfo(smtp->curl, CURLINFO_NUM_CONNECTS, &connects) == CURLE_OK && connects > 0) {
    result->connected = true;
  }
  return code;
}

/* "<address>" in a heap text. */
static char *in_brackets(struct str address) {
  char *text = NULL;
  if (asprintf(&text, "<%.*s>", STR_ARG(address)) < 0) {
    die("Out of memory.");
  }
  return text;
}

void smtp_send(struct smtp *smtp, struct str from, struct str to, struct str message,
               const _Atomic int64_t *stop_at_ns, struct smtp_result *result) {
  *result = (struct smtp_result){0};
  if (smtp->curl == NULL) {
    set_up(smtp);
  }
  smtp->message = message;
  smtp->stop_at_ns = stop_at_ns;
  char *sender = in_brackets(from);
  char *recipient = in_brackets(to);
  struct curl_slist *recipients = curl_slist_append(NULL, recipient);
  if (recipients == NULL) {
    die("Out of memory.");
  }
  curl_easy_setopt(smtp->curl, CURLOPT_MAIL_FROM, sender);
  curl_easy_setopt(smtp->curl, CURLOPT_MAIL_RCPT, recipients);
  curl_easy_setopt(smtp->curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)message.len);
  CURLcode code = perform(smtp, result);
  bool hung_up =
      smtp->phase <= SMTP_PHASE_MAIL && (smtp->code == 0 || smtp->code == 421) && !result->connected;
  if (code != CURLE_OK && code != CURLE_ABORTED_BY_CALLBACK && hung_up) {
    /* The server closed the connection kept from the last mail: that says nothing about this one. */
    code = perform(smtp, result);
  }
  curl_easy_setopt(smtp->curl, CURLOPT_MAIL_RCPT, NULL);
  curl_slist_free_all(recipients);
  free(recipient);
  free(sender);
  result->curl_code = (int)code;
  result->smtp_code = smtp->code;
  result->verdict = code == CURLE_OK                    ? SMTP_ACCEPTED
                    : code == CURLE_ABORTED_BY_CALLBACK ? SMTP_STOPPED
                                                        : smtp_judge(smtp->phase, smtp->code);
  if (code != CURLE_OK) {
    const char *words = smtp->code >= 400 ? smtp->words : curl_easy_strerror(code);
    snprintf(result->reason, sizeof(result->reason), "%s", words);
  }
}
