#!/bin/sh
# hcall: a user registers, signs in and opens a ticket.
. "$(dirname "$0")/common.sh"

# Whoever is registered already only signs in.
registered=$(call POST /api/auth/register \
  "{\"user_name\":\"Example\",\"user_email\":\"$email\",\"user_password\":\"$password\"}" 2>/dev/null) || printf '%s\n' "$registered" >&2
token=$(call POST /api/auth/enter "{\"user_email\":\"$email\",\"user_password\":\"$password\"}" | text jwt_token)
call POST /api/ticket/create '{"ticket_name":"Router Problem","ticket_explain":"Need to configure the router in room 302"}' \
  "Authorization: Bearer $token"
echo
