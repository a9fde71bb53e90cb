#include <string.h>

#include "desk/account/account.h"

enum { EMAIL_MAX_BYTES = 254, LOCAL_MAX_BYTES = 64, LABEL_MAX_BYTES = 63 };

static bool is_letter_or_digit(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c >= 0x80;
}

/* RFC 5322 atext, and the letters of RFC 6531. */
static bool is_atom(unsigned char c) {
  return is_letter_or_digit(c) || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* Spaces and invisible marks beyond ASCII: two addresses that look alike would be two accounts. All of them
 * are U+00A0, U+00AD, or in a three-byte block checked here by its bytes. */
static bool has_invisible(struct str s) {
  for (size_t i = 0; i + 1 < s.len; i++) {
    const unsigned char *at = (const unsigned char *)s.at + i;
    if (at[0] == 0xC2 && (at[1] == 0xA0 || at[1] == 0xAD)) {
      return true; /* no-break space, soft hyphen */
    }
    if (i + 2 >= s.len) {
      continue;
    }
    if (at[0] == 0xE2 && at[1] == 0x80 && (at[2] <= 0x8F || (at[2] >= 0xA8 && at[2] <= 0xAF))) {
      return true; /* U+2000-200F, U+2028-202F: spaces, joiners, direction marks, separators */
    }
    if (at[0] == 0xE2 && at[1] == 0x81 && at[2] >= 0x9F && at[2] <= 0xAF) {
      return true; /* U+205F-206F */
    }
    if (at[0] == 0xE3 && at[1] == 0x80 && at[2] == 0x80) {
      return true; /* U+3000, the wide space */
    }
    if (at[0] == 0xEF && at[1] == 0xBB && at[2] == 0xBF) {
      return true; /* U+FEFF, the byte order mark */
    }
    if (at[0] == 0xE1 && at[1] == 0x9A && at[2] == 0x80) {
      return true; /* U+1680, the Ogham space */
    }
  }
  return false;
}

/* Atoms with single dots between them. */
static bool local_is_valid(struct str local) {
  if (local.len == 0 || local.len > LOCAL_MAX_BYTES) {
    return false;
  }
  char before = '.';
  for (size_t i = 0; i < local.len; i++) {
    char c = local.at[i];
    if (c == '.' ? before == '.' : !is_atom((unsigned char)c)) {
      return false;
    }
    before = c;
  }
  return before != '.';
}

/* Labels of letters, digits and inner hyphens. */
static bool domain_is_valid(struct str domain) {
  size_t label = 0;
  char before = '.';
  for (size_t i = 0; i < domain.len; i++) {
    char c = domain.at[i];
    if (c == '.') {
      if (before == '.' || before == '-') {
        return false;
      }
      label = 0;
    } else if ((c == '-' && before == '.') || (c != '-' && !is_letter_or_digit((unsigned char)c)) ||
               ++label > LABEL_MAX_BYTES) {
      return false;
    }
    before = c;
  }
  return before != '.' && before != '-';
}

bool email_is_valid(struct str email) {
  if (email.at == NULL || email.len > EMAIL_MAX_BYTES || !str_utf8(email) || str_has_control(email) ||
      has_invisible(email)) {
    return false;
  }
  size_t at = str_find(email, '@');
  if (at == email.len) {
    return false;
  }
  return local_is_valid((struct str){email.at, at}) &&
         domain_is_valid((struct str){email.at + at + 1, email.len - at - 1});
}
