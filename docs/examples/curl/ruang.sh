#!/bin/sh
# ruang: a SUPERADMIN signs in, adds a team and registers its account.
. "$(dirname "$0")/common.sh"

token=$(call POST /api/v1/login "{\"email\":\"$email\",\"kata_sandi\":\"$password\"}" | text token)
code=T$(date +%s)
team=$(call POST /api/v1/tim-kerja "{\"nama_tim_kerja\":\"Tim $code\",\"code\":\"$code\",\"is_aktif\":true}" \
  "Authorization: Bearer $token" | text id)
call POST /api/v1/register "{\"nama_lengkap\":\"Pengguna Baru\",\"email\":\"$code@example.com\",\"role\":\"PEMINJAM\",
  \"kontak\":\"+628123456789\",\"tim_kerja_id\":\"$team\"}" "Authorization: Bearer $token"
echo
