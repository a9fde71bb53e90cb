#ifndef SIGAP_PAPER_CSV_H
#define SIGAP_PAPER_CSV_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/* Rows of CSV by RFC 4180: cells parted by commas, rows ended by CRLF, UTF-8 without a byte
 * order mark; a cell with a comma, a quote or a line break stands in quotes, its own quotes
 * doubled.
 *
 * A row is its cells, then csv_end. Nothing else is kept between the calls, so a buffer is
 * sent and cleared after any csv_end, never inside a row. A buffer that was too small is
 * `full`, with a row cut anywhere: look once, at the end, as always with a buf. */

/* A text, guarded against formulas: one that a spreadsheet would take for a formula gets an
 * apostrophe in front, so that it is shown and never run. That is a text whose first character
 * after blanks is one of = + - @ TAB CR LF or a full-width = + - @ (the list of OWASP, "CSV
 * injection"), except a plain number like -12.5: an optional minus, digits, optionally a
 * point and digits. "+62 812" is a text and gets the apostrophe. NONE gives an empty cell.
 * The bytes are taken to be UTF-8 and go out as they are. */
void csv_text(struct buf *buf, struct str text);
void csv_int(struct buf *buf, int64_t number);
/* The shortest decimal number that reads back as the same one; an empty cell for what is no
 * finite number. */
void csv_real(struct buf *buf, double number);
/* RFC 3339 in UTC as time_print has it; an empty cell for 0, "no time". */
void csv_time(struct buf *buf, int64_t time_us);
/* An empty cell. */
void csv_none(struct buf *buf);
/* Ends the row. */
void csv_end(struct buf *buf);

/* A whole row of texts: the header row. */
void csv_head(struct buf *buf, const struct str *names, size_t count);

#endif
