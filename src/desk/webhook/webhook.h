#ifndef SIGAP_DESK_WEBHOOK_H
#define SIGAP_DESK_WEBHOOK_H

#include <sys/socket.h>

#include "base/ctx.h"
#include "base/id.h"
#include "base/time.h"
#include "desk/event/event.h"

/* Where a tenant wants to hear of its events over HTTP, as the Standard Webhooks specification says
 * (https://www.standardwebhooks.com): each wanted event becomes a delivery, which post/hook.h sends until it
 * was taken or given up. */

/* Stored, also as bits: never renumber. */
enum webhook_type {
  WEBHOOK_TICKET_CREATED = 1,
  WEBHOOK_TICKET_ASSIGNED,
  WEBHOOK_TICKET_STATUS,
  WEBHOOK_TECHNICIAN_MOVED,
  WEBHOOK_TECHNICIAN_AVAILABLE,
  WEBHOOK_TEST, /* on request; not to be subscribed to */
  WEBHOOK_TYPE_COUNT
};
/* Of an event's kind; 0: not told. */
int webhook_type_of(int event_kind);

enum webhook_disabled {
  WEBHOOK_NOT_DISABLED, /* or by its owner */
  WEBHOOK_GONE,         /* the receiver answered 410 */
  WEBHOOK_FAILING       /* every try of WEBHOOK_PATIENCE_US failed */
};

enum {
  WEBHOOK_MAX = 20, /* of a tenant */
  WEBHOOK_URL_MAX = 2000,
  WEBHOOK_DESCRIPTION_MAX = 255,
  WEBHOOK_BODY_MAX = 1024 * 1024,
  WEBHOOK_SECRET_SIZE = 32,
  WEBHOOK_SECRET_TEXT_SIZE = 6 + 44 + 1, /* "whsec_", base64, NUL */
  WEBHOOK_PAGE_MAX = 100
};
#define WEBHOOK_OVERLAP_US TIME_DAY_US        /* how long the secret before a rotation signs, too */
#define WEBHOOK_PATIENCE_US (5 * TIME_DAY_US) /* of failing until it is disabled */
#define WEBHOOK_KEPT_US (30 * TIME_DAY_US)    /* how long deliveries are kept */

struct webhook {
  int64_t id, tenant_id;
  struct uuid uuid;
  struct str url, description;
  int64_t types; /* 1 << enum webhook_type, each that is wanted; 0 all */
  bool is_active;
  int disabled_reason; /* enum webhook_disabled */
  int64_t disabled_at; /* 0: not disabled by the sender */
  int64_t failures, failing_since;
  int64_t created_at, updated_at;
};
/* What its owner says. */
struct webhook_change {
  bool has_url, has_description, has_types, has_active;
  struct str url; /* http:// or https://, a host, no user */
  struct str description;
  int64_t types;
  bool is_active; /* made active again it hears of what happens from then on */
};

extern const struct problem_kind webhook_not_found;
extern const struct problem_kind webhook_too_many; /* STATE: the tenant has WEBHOOK_MAX */
extern const struct problem_kind webhook_inactive; /* STATE: nothing can be sent there */
extern const struct problem_kind webhook_delivery_not_found;

/* Whether receivers may have addresses that are not public (loopback, private networks, link-local, …).
 * Before the first thread. Off until then. */
void webhook_setup(bool private_addresses);
/* The address may be connected to: by what webhook_setup said. */
bool webhook_may_connect(const struct sockaddr *address);
/* Is the address in no range that is special (IANA's registries; addresses of IPv4 inside IPv6, too)? */
bool webhook_is_public(const struct sockaddr *address);

/* ---- for its owners: MAY_WEBHOOK, of the caller's tenant ---- */

/* Faults "url", "description". The secret as its receiver wants it ("whsec_…"): shown now, and never again.
 * It hears of what is begun from now on. */
enum status webhook_create(struct ctx *ctx, const struct webhook_change *what, struct webhook *out,
                           char secret[WEBHOOK_SECRET_TEXT_SIZE]) MUST_CHECK;
/* All, oldest first. */
enum status webhook_list(struct ctx *ctx, struct webhook **out, size_t *count) MUST_CHECK;
enum status webhook_get(struct ctx *ctx, struct uuid uuid, struct webhook *out) MUST_CHECK;
enum status webhook_update(struct ctx *ctx, struct uuid uuid, const struct webhook_change *change,
                           struct webhook *out) MUST_CHECK;
/* With its deliveries, which go in the background. */
enum status webhook_delete(struct ctx *ctx, struct uuid uuid) MUST_CHECK;
/* Another secret. The one before it signs as well for WEBHOOK_OVERLAP_US. */
enum status webhook_rotate(struct ctx *ctx, struct uuid uuid, struct webhook *out,
                           char secret[WEBHOOK_SECRET_TEXT_SIZE]) MUST_CHECK;

/* Stored: never renumber. */
enum webhook_state { WEBHOOK_WAITING = 1, WEBHOOK_DELIVERED, WEBHOOK_FAILED };
struct webhook_delivery {
  int64_t id, tenant_id;
  struct uuid uuid; /* webhook-id */
  int type;         /* enum webhook_type */
  struct str body;  /* JSON, as it is sent; NONE in lists and answers of commands */
  int state;
  int64_t tries;
  int64_t due_at;      /* of a waiting one; 0: it waits for an earlier one of its ticket or technician */
  int64_t http_status; /* of the last try; 0: there was no answer */
  struct str reason;   /* why the last try failed; NONE */
  int64_t took_ms, tried_at;
  int64_t created_at;
};
struct webhook_log {
  int state;          /* 0 any */
  struct uuid before; /* older than this one; none: from the newest */
  int64_t limit;      /* at most WEBHOOK_PAGE_MAX */
};
/* Newest first. An unknown `before` is webhook_delivery_not_found. */
enum status webhook_deliveries(struct ctx *ctx, struct uuid uuid, const struct webhook_log *log,
                               struct webhook_delivery **out, size_t *count) MUST_CHECK;
/* With its body. */
enum status webhook_delivery_get(struct ctx *ctx, struct uuid uuid, struct uuid delivery,
                                 struct webhook_delivery *out) MUST_CHECK;
/* Sends it once more, with its id and body as they were, tried as often as a new one; webhook_inactive. */
enum status webhook_replay(struct ctx *ctx, struct uuid uuid, struct uuid delivery,
                           struct webhook_delivery *out) MUST_CHECK;
/* A delivery of type WEBHOOK_TEST with this body; webhook_inactive. */
enum status webhook_test(struct ctx *ctx, struct uuid uuid, struct str body,
                         struct webhook_delivery *out) MUST_CHECK;

/* ---- for the sender, of all tenants ---- */

/* Is there an active one at all? */
enum status webhook_any(struct ctx *ctx, bool *any) MUST_CHECK;
/* An active one behind which there are events of its tenant. */
struct webhook_behind {
  int64_t id, tenant_id, types;
  struct event_position at;
};
enum status webhook_behind(struct ctx *ctx, int64_t limit, struct webhook_behind **out,
                           size_t *count) MUST_CHECK;
struct webhook_new {
  int type;
  int64_t subject; /* a ticket's id, or minus an account's */
  struct str body;
};
/* The events behind `webhook->at` up to `to` became these deliveries, in one transaction. *taken false:
 * somebody else was there before, or it is no longer active; nothing was written. */
enum status webhook_take_events(struct ctx *ctx, const struct webhook_behind *webhook,
                                const struct event_position *to, const struct webhook_new *deliveries,
                                size_t count, bool *taken) MUST_CHECK;
/* What is to be sent now. */
struct webhook_sending {
  int64_t webhook_id;
  struct webhook_delivery delivery; /* tries: with this one */
  struct str url;
  struct str secret, old_secret; /* raw; old_secret NONE: only one signs */
};
/* At most `limit` deliveries that are due, of as many endpoints, which are this sender's alone until
 * lease_until. */
enum status webhook_take(struct ctx *ctx, int64_t limit, int64_t lease_until, struct webhook_sending **out,
                         size_t *count) MUST_CHECK;
/* How a try ended. */
struct webhook_outcome {
  int64_t webhook_id, delivery_id, tries;
  enum { WEBHOOK_TAKEN, WEBHOOK_REFUSED, WEBHOOK_REFUSED_GONE, WEBHOOK_PUT_OFF } how; /* put off: not tried */
  int64_t http_status, took_ms;
  struct str reason;
  uint32_t chance; /* any random number, to spread the pauses */
};
/* What follows for the delivery (*state: enum webhook_state) and its endpoint (*disabled). */
enum status webhook_mark(struct ctx *ctx, const struct webhook_outcome *outcome, int *state,
                         int *disabled) MUST_CHECK;
/* How long a delivery waits after its n-th failed try (n from 1), spread by a tenth either way; 0: it is
 * given up. About three days in all. */
int64_t webhook_pause_us(int64_t tries, uint32_t chance);
/* Drops deliveries that were kept long enough and what was deleted, at most `max` rows a call. */
enum status webhook_sweep(struct ctx *ctx, int64_t max, int64_t *dropped) MUST_CHECK;

/* "v1,…": HMAC-SHA256 of "id.timestamp.body", NUL-terminated. */
enum { WEBHOOK_SIGNATURE_SIZE = 3 + 44 + 1 };
void webhook_sign(struct str secret, struct str id, int64_t timestamp_s, struct str body,
                  char out[WEBHOOK_SIGNATURE_SIZE]);
/* "whsec_…" of raw bytes, at most WEBHOOK_SECRET_SIZE. */
void webhook_secret_print(struct str secret, char out[WEBHOOK_SECRET_TEXT_SIZE]);

#endif
