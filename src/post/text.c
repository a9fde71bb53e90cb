#include "post/text.h"

#include <string.h>

#include "desk/ticket/ticket.h"

static const struct mail_text english[] = {
    [MAIL_TICKET_CREATED] =
        {
            .subject = "We have your ticket {number}: {title}",
            .lead = "Thank you for writing to us. Your ticket is number {number}; please keep the number at "
                    "hand when you "
                    "ask about it.",
            .action = "See the ticket",
            .after = "We will write to you as soon as there is news.",
        },
    [MAIL_TICKET_REPLIED] =
        {
            .subject = "New reply on {number}: {title}",
            .lead = "There is a new reply on ticket {number}.",
            .quote = "The reply:",
            .action = "See the ticket",
        },
    [MAIL_TICKET_STATUS] =
        {
            .subject = "{number} {status}: {title}",
            .lead = "Ticket {number} {status}.",
            .quote = "And this was written about it:",
            .action = "See the ticket",
        },
    [MAIL_PASSWORD_RESET] =
        {
            .subject = "Choose a new password",
            .lead = "Somebody, most likely you, asked for a new password for your account.",
            .action = "Choose a new password",
            .no_link = "Please enter this code where you asked for the new password.",
            .after = "This works once and for 30 minutes. If it was not you, nothing needs to be done: your "
                     "password stays as it is.",
        },
    [MAIL_INVITATION] =
        {
            .subject = "Your account at {desk} is ready",
            .lead = "An account was made for you at {desk}. Only your own password is missing.",
            .action = "Choose a password",
            .no_link = "Please enter this code where you choose your password.",
            .after = "This works once and for 7 days. If you did not expect this mail, please ignore it.",
        },
};

static const struct mail_text indonesian[] = {
    [MAIL_TICKET_CREATED] =
        {
            .subject = "Tiket {number} sudah kami terima: {title}",
            .lead = "Terima kasih sudah menghubungi kami. Nomor tiket Anda adalah {number}; mohon disimpan, "
                    "karena nomor ini "
                    "memudahkan kami membantu Anda.",
            .action = "Lihat tiket",
            .after = "Kami akan mengabari Anda begitu ada perkembangan.",
        },
    [MAIL_TICKET_REPLIED] =
        {
            .subject = "Balasan baru di {number}: {title}",
            .lead = "Ada balasan baru di tiket {number}.",
            .quote = "Isi balasan:",
            .action = "Lihat tiket",
        },
    [MAIL_TICKET_STATUS] =
        {
            .subject = "{number} {status}: {title}",
            .lead = "Tiket {number} {status}.",
            .quote = "Keterangannya:",
            .action = "Lihat tiket",
        },
    [MAIL_PASSWORD_RESET] =
        {
            .subject = "Buat kata sandi baru",
            .lead = "Seseorang, kemungkinan besar Anda sendiri, meminta kata sandi baru untuk akun Anda.",
            .action = "Buat kata sandi baru",
            .no_link = "Silakan masukkan kode ini di tempat Anda meminta kata sandi baru.",
            .after = "Permintaan ini hanya berlaku sekali dan selama 30 menit. Jika bukan Anda yang meminta, "
                     "abaikan saja: kata sandi Anda tidak berubah.",
        },
    [MAIL_INVITATION] =
        {
            .subject = "Akun Anda di {desk} sudah siap",
            .lead = "Sebuah akun telah dibuat untuk Anda di {desk}. Tinggal kata sandi Anda yang belum ada.",
            .action = "Buat kata sandi",
            .no_link = "Silakan masukkan kode ini di tempat Anda membuat kata sandi.",
            .after =
                "Undangan ini hanya berlaku sekali dan selama 7 hari. Jika Anda merasa tidak menunggu surel "
                "ini, abaikan saja.",
        },
};

static const struct mail_words english_words = {
    .language = "en",
    .greeting = "Hello {name},",
    .greeting_nameless = "Hello,",
    .title_label = "Subject:",
    .code_label = "Code:",
    .closing = "Kind regards,",
    .footer = "This message was sent automatically by {desk}.",
};

static const struct mail_words indonesian_words = {
    .language = "id",
    .greeting = "Halo {name},",
    .greeting_nameless = "Halo,",
    .title_label = "Perihal:",
    .code_label = "Kode:",
    .closing = "Salam hangat,",
    .footer = "Pesan ini dikirim otomatis oleh {desk}.",
};

/* Each reads on after "ticket TK…". */
static const char *const english_status[TICKET_STATUS_COUNT] = {
    [TICKET_NEW] = "is open and waits for us",
    [TICKET_ASSIGNED] = "has found somebody who takes care of it",
    [TICKET_IN_PROGRESS] = "is being worked on",
    [TICKET_PENDING] = "is on hold until somebody else has answered",
    [TICKET_RESOLVED] = "is solved",
    [TICKET_CLOSED] = "is closed",
};

static const char *const indonesian_status[TICKET_STATUS_COUNT] = {
    [TICKET_NEW] = "terbuka dan menunggu kami tangani",
    [TICKET_ASSIGNED] = "sudah dipegang petugas kami",
    [TICKET_IN_PROGRESS] = "sedang kami kerjakan",
    [TICKET_PENDING] = "kami tunda sampai ada jawaban dari pihak lain",
    [TICKET_RESOLVED] = "sudah selesai ditangani",
    [TICKET_CLOSED] = "sudah ditutup",
};

_Static_assert(sizeof indonesian == sizeof english, "each kind of mail has its texts in both languages");

const struct mail_text *text_of(int language, int kind) {
  const struct mail_text *texts = language == LANGUAGE_INDONESIAN ? indonesian : english;
  bool known = kind > 0 && (size_t)kind < sizeof english / sizeof *english && texts[kind].subject != NULL;
  return known ? &texts[kind] : NULL;
}

const struct mail_words *text_words(int language) {
  return language == LANGUAGE_INDONESIAN ? &indonesian_words : &english_words;
}

const char *text_status(int language, int status) {
  if (status < TICKET_NEW || status >= TICKET_STATUS_COUNT) {
    return "";
  }
  return language == LANGUAGE_INDONESIAN ? indonesian_status[status] : english_status[status];
}

static bool value_of(struct str word, const struct text_values *values, struct str *out) {
  const struct {
    const char *word;
    struct str value;
  } known[] = {
      {"name", values->name},     {"number", values->number}, {"title", values->title},
      {"status", values->status}, {"desk", values->desk},
  };
  for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
    if (str_is(word, known[i].word)) {
      *out = known[i].value;
      return true;
    }
  }
  return false;
}

void text_fill(struct buf *out, const char *text, const struct text_values *values,
               void (*add)(struct buf *out, struct str value)) {
  while (*text != '\0') {
    size_t plain = strcspn(text, "{");
    if (plain > 0) {
      add(out, (struct str){text, plain});
      text += plain;
      continue;
    }
    size_t length = strcspn(text, "}");
    struct str value;
    if (text[length] == '}' && value_of((struct str){text + 1, length - 1}, values, &value)) {
      add(out, value);
      text += length + 1;
    } else {
      add(out, (struct str){text, 1});
      text++;
    }
  }
}
