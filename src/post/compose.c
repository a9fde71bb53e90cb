#include "post/compose.h"

#include "base/time.h"
#include "desk/ticket/ticket.h"
#include "post/text.h"

enum {
  ADDRESS_MAX_BYTES = 254,
  SUBJECT_TITLE_POINTS = 100, /* of the title: what a list of mails can show */
};

/* What the two bodies are made of, each a text in one line but for `said`. */
struct parts {
  const struct mail_text *text;
  const struct mail_words *words;
  struct text_values values;
  struct str title; /* shown under the lead; NONE: not a ticket's mail */
  struct str said;  /* what somebody wrote, several lines; NONE */
  struct str link;  /* NONE */
  struct str code;  /* shown where there is no link to put it into; NONE */
};

/* ---- addresses ---- */

static bool is_address_byte(unsigned char c) {
  return c > 0x20 && c != 0x7f && c != '<' && c != '>' && c != '"' && c != ',' && c != ';' && c != '\\' &&
         c != '(' && c != ')' && c != '[' && c != ']' && c != ':';
}

bool compose_address_ok(struct str address) {
  size_t at = str_find(address, '@');
  if (at == 0 || at + 1 >= address.len || address.len > ADDRESS_MAX_BYTES || !str_utf8(address) ||
      str_has_control(address)) {
    return false;
  }
  for (size_t i = 0; i < address.len; i++) {
    bool second_at = address.at[i] == '@' && i != at;
    if (second_at || !is_address_byte((unsigned char)address.at[i])) {
      return false;
    }
  }
  return true;
}

static bool is_ascii(struct str text) {
  for (size_t i = 0; i < text.len; i++) {
    if ((unsigned char)text.at[i] >= 0x80) {
      return false;
    }
  }
  return true;
}

enum status compose_parse_from(struct str text, struct compose_config *out) {
  text = str_trim(text);
  struct str name = STR("");
  struct str address = text;
  size_t open = str_find(text, '<');
  if (open < text.len) {
    if (text.at[text.len - 1] != '>') {
      return STATUS_INVALID;
    }
    name = str_trim((struct str){text.at, open});
    address = (struct str){text.at + open + 1, text.len - open - 2};
    if (name.len >= 2 && name.at[0] == '"' && name.at[name.len - 1] == '"') {
      name = str_trim((struct str){name.at + 1, name.len - 2});
    }
  }
  bool one_line = str_find(name, '\n') == name.len && str_find(name, '\r') == name.len;
  if (!compose_address_ok(address) || !str_utf8(name) || str_has_control(name) || !one_line) {
    return STATUS_INVALID;
  }
  size_t at = str_find(address, '@');
  struct str domain = {address.at + at + 1, address.len - at - 1};
  out->from_name = name;
  out->from_address = address;
  out->from_domain = is_ascii(domain) ? domain : STR("localhost");
  return STATUS_OK;
}

/* ---- bodies ---- */

static void add_plain_said(struct buf *out, struct str said) {
  size_t at = 0;
  while (at < said.len) {
    size_t end = at;
    while (end < said.len && said.at[end] != '\n' && said.at[end] != '\r') {
      end++;
    }
    buf_add_text(out, end > at ? "> " : ">");
    buf_add(out, said.at + at, end - at);
    buf_add_char(out, '\n');
    if (end + 1 < said.len && said.at[end] == '\r' && said.at[end + 1] == '\n') {
      end++;
    }
    at = end + 1;
  }
}

static void add_html_said(struct buf *out, struct str said) {
  size_t at = 0;
  while (at < said.len) {
    size_t end = at;
    while (end < said.len && said.at[end] != '\n' && said.at[end] != '\r') {
      end++;
    }
    mime_html(out, (struct str){said.at + at, end - at});
    if (end + 1 < said.len && said.at[end] == '\r' && said.at[end + 1] == '\n') {
      end++;
    }
    at = end + 1;
    if (at < said.len) {
      buf_add_text(out, "<br>");
    }
  }
}

static void plain_body(struct buf *out, const struct parts *parts) {
  const struct text_values *values = &parts->values;
  const char *greeting = values->name.len > 0 ? parts->words->greeting : parts->words->greeting_nameless;
  text_fill(out, greeting, values, buf_add_str);
  buf_add_text(out, "\n\n");
  text_fill(out, parts->text->lead, values, buf_add_str);
  buf_add_text(out, "\n");
  if (parts->title.at != NULL) {
    buf_format(out, "\n%s ", parts->words->title_label);
    buf_add_str(out, parts->title);
    buf_add_text(out, "\n");
  }
  if (parts->text->quote != NULL && parts->said.at != NULL) {
    buf_format(out, "\n%s\n\n", parts->text->quote);
    add_plain_said(out, parts->said);
  }
  if (parts->link.at != NULL) {
    buf_format(out, "\n%s:\n", parts->text->action);
    buf_add_str(out, parts->link);
    buf_add_text(out, "\n");
  } else if (parts->code.at != NULL) {
    buf_format(out, "\n%s\n\n%s ", parts->text->no_link, parts->words->code_label);
    buf_add_str(out, parts->code);
    buf_add_text(out, "\n");
  }
  if (parts->text->after != NULL) {
    buf_add_text(out, "\n");
    text_fill(out, parts->text->after, values, buf_add_str);
    buf_add_text(out, "\n");
  }
  buf_format(out, "\n%s\n", parts->words->closing);
  buf_add_str(out, values->desk);
  buf_add_text(out, "\n\n-- \n");
  text_fill(out, parts->words->footer, values, buf_add_str);
  buf_add_text(out, "\n");
}

static void html_paragraph(struct buf *out, const char *text, const struct text_values *values) {
  buf_add_text(out, "<p style=\"margin:0 0 16px\">");
  text_fill(out, text, values, mime_html);
  buf_add_text(out, "</p>\n");
}

static void html_action(struct buf *out, const struct parts *parts) {
  if (parts->link.at != NULL) {
    buf_add_text(out, "<p style=\"margin:24px 0\"><a href=\"");
    mime_html(out, parts->link);
    buf_add_text(out,
                 "\" style=\"display:inline-block;padding:10px 18px;border-radius:6px;background:#0f5c8c;"
                 "color:#ffffff;text-decoration:none\">");
    mime_html(out, str_of(parts->text->action));
    buf_add_text(out,
                 "</a></p>\n<p style=\"margin:0 0 16px;font-size:13px;color:#52606d;word-break:break-all\">");
    mime_html(out, parts->link);
    buf_add_text(out, "</p>\n");
  } else if (parts->code.at != NULL) {
    html_paragraph(out, parts->text->no_link, &parts->values);
    buf_add_text(out, "<p style=\"margin:0 0 16px\">");
    mime_html(out, str_of(parts->words->code_label));
    buf_add_text(out, " <code style=\"font-size:15px;word-break:break-all\">");
    mime_html(out, parts->code);
    buf_add_text(out, "</code></p>\n");
  }
}

static void html_body(struct buf *out, const struct parts *parts, struct str subject) {
  const struct text_values *values = &parts->values;
  buf_format(out, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n<title>",
             parts->words->language);
  mime_html(out, subject);
  buf_add_text(out,
               "</title>\n</head>\n<body style=\"margin:0;padding:24px;background:#ffffff;color:#1f2933;"
               "font-family:system-ui,'Segoe UI',Roboto,Arial,sans-serif;font-size:16px;line-height:1.5\">\n"
               "<div style=\"max-width:560px;margin:0 auto\">\n");
  html_paragraph(out, values->name.len > 0 ? parts->words->greeting : parts->words->greeting_nameless,
                 values);
  html_paragraph(out, parts->text->lead, values);
  if (parts->title.at != NULL) {
    buf_format(out, "<p style=\"margin:0 0 16px\">%s <strong>", parts->words->title_label);
    mime_html(out, parts->title);
    buf_add_text(out, "</strong></p>\n");
  }
  if (parts->text->quote != NULL && parts->said.at != NULL) {
    html_paragraph(out, parts->text->quote, values);
    buf_add_text(out,
                 "<blockquote style=\"margin:0 0 16px;padding:8px 16px;border-left:3px solid #9fb3c8;"
                 "white-space:pre-wrap\">");
    add_html_said(out, parts->said);
    buf_add_text(out, "</blockquote>\n");
  }
  html_action(out, parts);
  if (parts->text->after != NULL) {
    html_paragraph(out, parts->text->after, values);
  }
  buf_format(out, "<p style=\"margin:24px 0 16px\">%s<br>", parts->words->closing);
  mime_html(out, values->desk);
  buf_add_text(out, "</p>\n<p style=\"margin:0;font-size:13px;color:#52606d\">");
  text_fill(out, parts->words->footer, values, mime_html);
  buf_add_text(out, "</p>\n</div>\n</body>\n</html>\n");
}

/* ---- the message ---- */

static void add_percent(struct buf *out, struct str value) {
  for (size_t i = 0; i < value.len; i++) {
    unsigned char c = (unsigned char)value.at[i];
    bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
                 c == '.' || c == '_' || c == '~';
    if (plain) {
      buf_add_char(out, (char)c);
    } else {
      buf_format(out, "%%%02X", c);
    }
  }
}

static void add_headers(struct buf *out, const struct mail *mail, const struct compose_config *config,
                        const struct parts *parts, struct str subject) {
  char uuid[UUID_TEXT_SIZE];
  uuid_print(mail->uuid, uuid);
  buf_add_text(out, "Date: ");
  mime_date(out, mail->created_at);
  buf_add_text(out, "\r\nFrom: ");
  mime_mailbox(out, sizeof("From: ") - 1, config->from_name, config->from_address);
  buf_add_text(out, "\r\nTo: ");
  mime_mailbox(out, sizeof("To: ") - 1, mail->to_name, mail->to_email);
  buf_add_text(out, "\r\nSubject: ");
  mime_header_text(out, sizeof("Subject: ") - 1, subject);
  buf_format(out, "\r\nMessage-ID: <%s@%.*s>", uuid, STR_ARG(config->from_domain));
  if (parts->values.number.len > 0) {
    /* The same for every mail about a ticket, so that mail programs show them as one conversation. */
    buf_format(out, "\r\nReferences: <%.*s@%.*s>", STR_ARG(parts->values.number),
               STR_ARG(config->from_domain));
  }
  buf_format(out,
             "\r\nAuto-Submitted: auto-generated\r\nContent-Language: %s\r\nMIME-Version: 1.0\r\n"
             "Content-Type: multipart/alternative;\r\n boundary=\"=_%s\"\r\n\r\n",
             parts->words->language, uuid);
}

/* "=_" can't stand in quoted-printable text, so the boundary is never met inside a body. */
static void add_part(struct buf *out, const char *boundary, const char *type, struct str body) {
  buf_format(
      out, "--=_%s\r\nContent-Type: %s; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n",
      boundary, type);
  mime_quoted_printable(out, body);
  buf_add_text(out, "\r\n");
}

static void fill_link(struct buf *link, const struct mail *mail, const struct compose_config *config,
                      struct parts *parts) {
  bool secret = mail->kind == MAIL_PASSWORD_RESET || mail->kind == MAIL_INVITATION;
  if (secret && mail->text.at != NULL) {
    parts->code = mail->text;
  }
  if (config->public_url.at == NULL || parts->text->action == NULL || (secret && parts->code.at == NULL)) {
    return;
  }
  buf_add_str(link, config->public_url);
  if (secret) {
    buf_add_text(link, "/reset-password?token=");
    add_percent(link, parts->code);
  } else {
    /* The front page, told which ticket: it exists whatever front end stands there. */
    buf_add_text(link, "/?ticket=");
    add_percent(link, parts->values.number);
  }
  parts->link = buf_str(link);
}

static void fill_subject(struct buf *subject, const struct parts *parts) {
  CLEANUP_BUF struct buf title;
  buf_init(&title, COMPOSE_MAX_BYTES);
  struct text_values values = parts->values;
  struct str cut = str_cut_words(values.title, SUBJECT_TITLE_POINTS);
  if (cut.len < values.title.len) {
    buf_add_str(&title, cut);
    buf_add_text(&title, "…");
    values.title = buf_str(&title);
  }
  text_fill(subject, parts->text->subject, &values, buf_add_str);
}

enum status compose_message(const struct mail *mail, const struct compose_config *config, struct buf *out) {
  struct parts parts = {.text = text_of(mail->language, mail->kind), .words = text_words(mail->language)};
  if (parts.text == NULL || !compose_address_ok(mail->to_email)) {
    return STATUS_INVALID;
  }
  CLEANUP_BUF struct buf name, title, link, subject, plain, html;
  struct buf *const all[] = {&name, &title, &link, &subject, &plain, &html};
  for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
    buf_init(all[i], COMPOSE_MAX_BYTES);
  }
  char number[TICKET_NUMBER_SIZE] = "";
  if (mail->ticket_id != 0) {
    ticket_number(&(struct ticket){.id = mail->ticket_id, .created_at = mail->ticket_created_at}, number);
    mime_one_line(&title, mail->ticket_title);
    parts.title = buf_str(&title);
  }
  mime_one_line(&name, mail->to_name);
  parts.values = (struct text_values){
      .name = buf_str(&name),
      .number = str_of(number),
      .title = parts.title,
      .status = str_of(text_status(mail->language, (int)mail->value)),
      .desk = config->from_name.len > 0 ? config->from_name : STR("Sigap"),
  };
  if (mail->text.len > 0 && parts.text->quote != NULL) {
    parts.said = mail->text;
  }
  fill_link(&link, mail, config, &parts);
  fill_subject(&subject, &parts);
  plain_body(&plain, &parts);
  html_body(&html, &parts, buf_str(&subject));

  char boundary[UUID_TEXT_SIZE];
  uuid_print(mail->uuid, boundary);
  add_headers(out, mail, config, &parts, buf_str(&subject));
  add_part(out, boundary, "text/plain", buf_str(&plain));
  add_part(out, boundary, "text/html", buf_str(&html));
  buf_format(out, "--=_%s--\r\n", boundary);
  return plain.full || html.full || link.full || subject.full || out->full ? STATUS_TOO_LARGE : STATUS_OK;
}
