#include "base/problem.h"

#include <string.h>

#include "base/arena.h"
#include "base/ctx.h"

const struct problem_kind problem_invalid = {STATUS_INVALID, "invalid", "Some fields are wrong."};
const struct problem_kind problem_too_large = {STATUS_TOO_LARGE, "too_large", "This is larger than allowed."};
const struct problem_kind problem_unsupported = {STATUS_UNSUPPORTED, "unsupported",
                                                 "This kind of content is not taken here."};
const struct problem_kind problem_storage_full = {STATUS_STORAGE_FULL, "storage_full",
                                                  "There is no space left to store this."};
const struct problem_kind problem_unavailable = {STATUS_UNAVAILABLE, "unavailable",
                                                 "The service is busy. Please try again in a moment."};
const struct problem_kind problem_broken = {STATUS_BROKEN, "broken", "Something went wrong on our side."};

enum { FAULTS_FIRST = 4, UNAVAILABLE_RETRY_S = 1 };

void problem_keep(struct ctx *ctx, const struct problem_kind *kind) {
  if (ctx->problem.kind == NULL) {
    ctx->problem.kind = kind;
    if (kind == &problem_unavailable && ctx->problem.retry_after_s == 0) {
      ctx->problem.retry_after_s = UNAVAILABLE_RETRY_S;
    }
  }
}

enum status problem_fault(struct ctx *ctx, struct str field, struct str reason) {
  struct problem *problem = &ctx->problem;
  if (problem->kind == NULL) {
    problem->kind = &problem_invalid;
  }
  size_t count = problem->fault_count;
  if (count < PROBLEM_FAULTS_MAX) {
    /* The array doubles whenever it is full, which its count alone tells. */
    if (count == 0) {
      problem->faults = ARENA_ARRAY(ctx->arena, struct fault, FAULTS_FIRST);
    } else if (count >= FAULTS_FIRST && (count & (count - 1)) == 0) {
      struct fault *larger = ARENA_ARRAY(ctx->arena, struct fault, count * 2);
      memcpy(larger, problem->faults, count * sizeof(*larger));
      problem->faults = larger;
    }
    problem->faults[count] = (struct fault){field, reason};
    problem->fault_count = (uint16_t)(count + 1);
  }
  return STATUS_INVALID;
}

enum status problem_check_text(struct ctx *ctx, const char *field, struct str text, bool required,
                               size_t max_points) {
  if (required && str_trim(text).len == 0) {
    return problem_fault(ctx, str_of(field), STR("is required"));
  }
  if (!str_utf8(text)) {
    return problem_fault(ctx, str_of(field), STR("must be UTF-8 text"));
  }
  if (str_has_control(text)) {
    return problem_fault(ctx, str_of(field), STR("must not hold control characters"));
  }
  if (str_points(text) > max_points) {
    return problem_fault(ctx, str_of(field),
                         str_format(ctx->arena, "must be at most %zu characters", max_points));
  }
  return STATUS_OK;
}

void problem_clear(struct ctx *ctx) {
  ctx->problem = (struct problem){0};
}
