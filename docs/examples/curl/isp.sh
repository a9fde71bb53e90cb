#!/bin/sh
# isp: staff sign in, register a customer, open a ticket for a visit, comment on it and read it again.
. "$(dirname "$0")/common.sh"

token=$(call POST /api/auth/login "{\"email\":\"$email\",\"password\":\"$password\"}" | text access_token)
customer=$(call POST /api/customers "{\"full_name\":\"Budi Santoso\",\"phone\":\"+628123456789\",
  \"email\":\"budi.$(date +%s)@example.com\",\"address\":\"Jalan Melati 7\",\"service_area\":\"Bandung\",
  \"coordinates\":{\"lat\":-6.9147,\"lng\":107.6098}}" "Authorization: Bearer $token" | text id)
ticket=$(call POST /api/tickets "{\"customer_id\":\"$customer\",\"type\":\"repair\",\"priority\":\"high\",
  \"title\":\"No signal since this morning\",\"description\":\"The modem blinks red. Neighbours are fine.\",
  \"location\":{\"lat\":-6.9147,\"lng\":107.6098}}" "Authorization: Bearer $token" | text id)
call POST "/api/tickets/$ticket/comments" '{"comment":"A technician comes at two."}' "Authorization: Bearer $token" >/dev/null
call GET "/api/tickets/$ticket" '' "Authorization: Bearer $token"
echo
