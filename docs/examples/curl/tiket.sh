#!/bin/sh
# tiket: masuk, membuat tiket, lalu membaca daftarnya.
. "$(dirname "$0")/common.sh"

token=$(call POST /auth/login "{\"email\":\"$email\",\"password\":\"$password\"}" | text token)
call POST /api/ticket '{"jenis_permintaan":"masalah teknis","prioritas":"tinggi","deskripsi":"Printer lantai 2 tidak merespons"}' \
  "Authorization: Bearer $token"
echo
call GET '/api/ticket?skip=0&limit=10' '' "Authorization: Bearer $token"
echo
