#ifndef SIGAP_TESTS_OLDER_ROWS_H
#define SIGAP_TESTS_OLDER_ROWS_H

#include <stddef.h>

/* What stood in the tables, step by step: run in this order on a database that has at least the step `first`
 * (and at most the step `last`, where there is one). #07 is a blob of 16 bytes 07. All zones are UTC. */

static const struct older_script {
  int first, last;
  const char *sql;
} older_scripts[] = {
    {1, 0, "UPDATE tenant SET decisions = 7 WHERE id = 1"},
    {1, 0,
     "INSERT INTO tenant (id, name, domain, kind, timezone, is_active, decisions, created_at) VALUES"
     " (2, 'Nusa ☕', 'nusa.example', 'standard', 'UTC', TRUE, 3, 1760000000000000),"
     " (3, 'Empty', NULL, 'standard', 'UTC', FALSE, 0, 1760000000000001)"},
    {1, 0,
     "INSERT INTO account (id, tenant_id, uuid, name, name_folded, email, email_folded, phone, role, "
     "is_active,"
     " password_hash, must_change_password, language, created_at, updated_at, deleted_at) VALUES"
     " (1, 1, #01, 'Root', 'root', 'Root@example.com', 'root@example.com', NULL, 6, TRUE, '$argon2id$1', "
     "FALSE, 2,"
     " 1760000000000002, 1760000000000003, NULL),"
     " (2, 1, #02, 'Tono', 'tono', 'tono@example.com', 'tono@example.com', '081', 2, TRUE, '$argon2id$2', "
     "TRUE, 1,"
     " 1760000000000004, 1760000000000004, NULL),"
     " (3, 2, #03, 'Ani', 'ani', 'ani@example.com', 'ani@example.com', '082', 1, TRUE, '$argon2id$3', FALSE, "
     "1,"
     " 1760000000000005, 1760000000000006, NULL),"
     " (4, 2, #04, 'Édi', 'édi', 'edi@example.com', 'edi@example.com', NULL, 2, TRUE, '$argon2id$4', FALSE, "
     "1,"
     " 1760000000000007, 1760000000000007, NULL),"
     " (5, 2, #05, 'Budi', 'budi', 'budi@example.com', 'budi@example.com', NULL, 5, FALSE, NULL, FALSE, 2,"
     " 1760000000000008, 1760000000000009, NULL),"
     " (6, 2, #06, 'Gone', 'gone', 'ani@example.com', 'ani@example.com', NULL, 1, FALSE, NULL, FALSE, 1,"
     " 1760000000000010, 1760000000000011, 1760000000000012),"
     " (7, 1, #07, 'Wati', 'wati', 'wati@example.com', 'wati@example.com', NULL, 1, TRUE, '$argon2id$7', "
     "FALSE, 1,"
     " 1760000000000013, 1760000000000013, NULL)"},
    {1, 0,
     "INSERT INTO session (id, account_id, tenant_id, created_at, expires_at, ended_at) VALUES"
     " (1, 1, 1, 1760000000000014, 1790000000000000, NULL),"
     " (9, 3, 2, 1760000000000015, 1790000000000001, 1760000000000016)"},
    {1, 0, "INSERT INTO throttle (subject, failures, window_ends_at) VALUES (#99, 3, 1790000000000002)"},
    /* Something in every status; two of nobody's type; one removed; one whose id lies in another block. */
    {1, 0,
     "INSERT INTO ticket (id, tenant_id, uuid, author_id, assignee_id, title, description, category, "
     "priority,"
     " status, work_type, request_kind, file_count, reopened_count, first_response_at, started_at, "
     "resolved_at,"
     " closed_at, status_changed_at, created_at, updated_at, removed_at, removed_by) VALUES"
     " (1, 2, #11, 3, 0, 'Router', 'It blinks.', 2, 2, 1, 0, 1, 1, 0, NULL, NULL, NULL, NULL,"
     "  1760100000000001, 1760100000000001, 1760100000000001, NULL, NULL),"
     " (2, 2, #12, 3, 4, 'Bill', 'Too high', 1, 1, 2, 0, 2, 0, 0, 1760100000000003, NULL, NULL, NULL,"
     "  1760100000000003, 1760100000000002, 1760100000000003, NULL, NULL),"
     " (3, 2, #13, 3, 4, 'Line', '', 2, 3, 3, 4, 3, 0, 1, 1760100000000005, 1760100000000006, NULL, NULL,"
     "  1760100000000006, 1760100000000004, 1760100000000006, NULL, NULL),"
     " (4, 2, #14, 5, 4, 'Mast', 'Waits', 3, 4, 4, 3, 0, 0, 0, NULL, NULL, NULL, NULL,"
     "  1760100000000008, 1760100000000007, 1760100000000008, NULL, NULL),"
     " (5, 2, #15, 3, 4, 'Dish', 'Done', 4, 5, 5, 2, 0, 0, 0, 1760200000000000, 1760200000000001,"
     "  1760300000000000, NULL, 1760300000000000, 1760100000000009, 1760300000000000, NULL, NULL),"
     " (6, 2, #16, 3, 0, 'Cable', 'Removed', 2, 2, 1, 2, 0, 0, 0, NULL, NULL, NULL, NULL,"
     "  1760100000000010, 1760100000000010, 1760100000000011, 1760100000000011, 3),"
     " (7, 1, #17, 7, 2, 'Desk', 'Closed', 2, 2, 6, 5, 0, 0, 0, 1760200000000002, 1760200000000003,"
     "  1760300000000001, 1760400000000000, 1760400000000000, 1760100000000012, 1760400000000000, NULL, "
     "NULL),"
     " (300, 2, #18, 3, 0, 'Far', 'In another block', 2, 1, 1, 1, 0, 0, 0, NULL, NULL, NULL, NULL,"
     "  1760500000000000, 1760500000000000, 1760500000000000, NULL, NULL)"},
    {1, 0,
     "INSERT INTO ticket_count (tenant_id, scope, owner_id, status, priority, slot, tickets)"
     " SELECT tenant_id, 1, 0, status, priority, 0, COUNT(*) FROM ticket WHERE removed_at IS NULL"
     " GROUP BY tenant_id, status, priority UNION ALL"
     " SELECT tenant_id, 2, author_id, status, priority, 0, COUNT(*) FROM ticket WHERE removed_at IS NULL"
     " GROUP BY tenant_id, author_id, status, priority UNION ALL"
     " SELECT tenant_id, 3, assignee_id, status, priority, 0, COUNT(*) FROM ticket WHERE removed_at IS NULL"
     " GROUP BY tenant_id, assignee_id, status, priority"},
    {1, 0,
     "INSERT INTO reply (id, tenant_id, uuid, ticket_id, author_id, text, created_at) VALUES"
     " (1, 2, #21, 2, 4, 'We look at it — «today»', 1760100000000003),"
     " (5, 2, #22, 3, 3, '', 1760100000000020)"},
    {1, 0,
     "INSERT INTO activity (id, tenant_id, uuid, ticket_id, actor_id, action, old_value, new_value, "
     "created_at)"
     " VALUES (1, 2, #31, 1, 3, 1, NULL, NULL, 1760100000000001),"
     " (2, 2, #32, 3, NULL, 2, 'new', 'in_progress', 1760100000000006)"},
    {1, 0,
     "INSERT INTO file (id, tenant_id, uuid, ticket_id, uploader_id, name, hash, size, type, created_at) "
     "VALUES"
     " (1, 2, #41, 1, 3, 'a picture.png', #42, 1234, 2, 1760100000000001),"
     " (2, 2, #43, NULL, NULL, 'loose.pdf', #42, 1234, 3, 1760100000000021)"},
    {1, 0,
     "INSERT INTO event (id, tenant_id, kind, ticket_id, account_id, old_value, new_value, created_at) VALUES"
     " (1, 2, 1, 1, 3, NULL, NULL, 1760100000000001), (2, 2, 2, 3, 4, 1, 3, 1760100000000006),"
     " (40, 1, 1, 7, NULL, NULL, NULL, 1760100000000012)"},
    {1, 0,
     "INSERT INTO mail (id, tenant_id, uuid, kind, account_id, ticket_id, value, text, state, tries, due_at, "
     "reason,"
     " created_at, sent_at) VALUES"
     " (1, 2, #51, 1, 3, 1, NULL, NULL, 2, 1, 1760100000000001, NULL, 1760100000000001, 1760100000000030),"
     " (2, 2, #52, 2, 3, 3, 3, 'secret', 3, 9, 1760100000000006, '550', 1760100000000006, NULL)"},

    {2, 0, "UPDATE ticket SET work_type = CASE WHEN category = 2 THEN 2 ELSE 3 END WHERE work_type = 0"},
    {2, 0,
     "UPDATE ticket SET first_assignee_id = assignee_id, assigned_at = created_at + 1 WHERE assignee_id <> "
     "0"},
    {2, 0,
     "UPDATE ticket SET latitude = -6.25, longitude = 106.875, scheduled_at = 1770000000000000,"
     " response_due_at = 1760110000000000, resolve_due_at = 1760120000000000, paused_at = NULL, paused_us = "
     "5,"
     " sla_next_at = NULL, sla_marks = 4, escalation_level = 2 WHERE id = 3"},
    {2, 0, "UPDATE ticket SET paused_at = 1760100000000008, sla_next_at = 1790000000000000 WHERE id = 4"},
    {2, 0, "UPDATE ticket SET rating = 4, rating_text = 'Good' WHERE id = 5"},
    {2, 0, "UPDATE ticket SET scheduled_at = 1771000000000000 WHERE id = 300"},
    {2, 0,
     "INSERT INTO ticket_count (tenant_id, scope, owner_id, status, priority, slot, tickets) VALUES"
     " (2, 4, 0, 3, 3, 0, 1)"},
    /* Sums that are not what the tickets say: those of tenants 1 and 2 are to be made anew, whoever named
     * them in ticket_sums_missing; tenant 3 has no tickets, and its row must stay. */
    {2, 5,
     "INSERT INTO ticket_block (tenant_id, kind, block, slot, first_created_at, last_created_at, cells) "
     "VALUES"
     " (2, 1, 0, 0, 1, 2, #61)"},
    {2, 0,
     "INSERT INTO ticket_day (tenant_id, technician_id, day, slot, created, resolved, on_time, first_call, "
     "timed,"
     " work_us, ratings, rating_sum) VALUES (2, 0, 20370, 0, 9, 9, 9, 9, 9, 9, 9, 9),"
     " (3, 0, 20371, 0, 0, 0, 0, 0, 0, 0, 1, 5)"},
    {2, 0,
     "INSERT INTO sla_target (tenant_id, category, response_minutes, resolution_minutes, updated_at) VALUES"
     " (2, 2, 30, 240, 1760000000000020)"},
    {2, 0,
     "INSERT INTO sla_stale (tenant_id, after_id, due_at, again_at) VALUES (2, 3, 1790000000000003, 1)"},
    {2, 0, "UPDATE account SET avatar = 'https://example.com/a.png' WHERE id = 3"},
    {2, 0,
     "UPDATE session SET refresh_number = 2, refreshed_at = 1760000000000021, remember = TRUE WHERE id = 1"},
    {2, 0, "INSERT INTO password_link (account_id, hash, expires_at) VALUES (5, #71, 1790000000000004)"},
    {2, 0,
     "INSERT INTO account_count (tenant_id, role, is_active, accounts)"
     " SELECT tenant_id, role, is_active, COUNT(*) FROM account WHERE deleted_at IS NULL"
     " GROUP BY tenant_id, role, is_active"},
    {2, 0,
     "INSERT INTO customer (account_id, tenant_id, nik, address, latitude, longitude, service_area, "
     "area_folded,"
     " service_package, updated_at) VALUES (3, 2, '317', 'Jl. Merdeka 1', -6.5, 106.5, 'North', 'north', "
     "'Home 50',"
     " 1760000000000022)"},
    /* Of somebody deleted, who was both in turn. */
    {2, 0,
     "INSERT INTO customer (account_id, tenant_id, nik, address, updated_at) VALUES (6, 2, '318', 'Jl. Lama "
     "2', 1760000000000022)"},
    {2, 0,
     "INSERT INTO technician (account_id, tenant_id, employee_id, is_available, updated_at) VALUES"
     " (6, 2, 'T-6', TRUE, 1760000000000023)"},
    {2, 0,
     "INSERT INTO technician (account_id, tenant_id, employee_id, is_available, reason, latitude, longitude,"
     " located_at, updated_at) VALUES (4, 2, 'T-4', FALSE, 'Sick', -6.75, 106.25, 1760000000000023,"
     " 1760000000000023)"},
    {2, 0,
     "INSERT INTO technician_word (account_id, kind, position, tenant_id, word, folded) VALUES"
     " (4, 1, 0, 2, 'Fiber', 'fiber'), (4, 2, 0, 2, 'North', 'north')"},
    {2, 0, "UPDATE file SET reply_id = 1, kind = 2 WHERE id = 1"},
    {2, 0, "UPDATE file SET url = 'https://example.com/x' WHERE id = 2"},
    {2, 0, "UPDATE reply SET file_count = 1 WHERE id = 1"},
    {2, 0, "UPDATE activity SET field = 'status' WHERE id = 2"},
    {2, 0,
     "INSERT INTO notice (id, tenant_id, uuid, account_id, kind, ticket_id, item_id, actor_id, value, "
     "created_at,"
     " read_at) VALUES (1, 2, #81, 4, 1, 3, NULL, 5, 2, 1760100000000006, 1760100000000040),"
     " (2, 2, #82, 5, 2, NULL, 1, NULL, NULL, 1760100000000041, NULL)"},
    {2, 0,
     "INSERT INTO item (id, tenant_id, uuid, name, name_folded, category, category_folded, sku, sku_folded,"
     " description, price_e4, stock, min_stock, is_low, created_at, updated_at) VALUES"
     " (1, 2, #91, 'Cable', 'cable', 'Parts', 'parts', 'C-1', 'c-1', '10 m', 123450000, 3, 5, TRUE,"
     " 1760000000000024, 1760000000000025)"},
    {2, 0,
     "INSERT INTO assignment (id, tenant_id, uuid, item_id, technician_id, ticket_id, quantity, good, "
     "damaged, lost,"
     " status, notes, assigned_by, created_at, updated_at, returned_at) VALUES"
     " (1, 2, #92, 1, 4, 3, 2, 1, 1, 0, 2, 'For the mast', 5, 1760100000000050, 1760100000000051, "
     "1760100000000051)"},
    {2, 0,
     "INSERT INTO assignment_serial (assignment_id, position, item_id, serial, is_out) VALUES"
     " (1, 0, 1, 'S-1', FALSE), (1, 1, 1, 'S-2', FALSE)"},
    {2, 0,
     "INSERT INTO stock_movement (id, tenant_id, uuid, item_id, kind, quantity, pieces, stock, assignment_id,"
     " actor_id, notes, created_at) VALUES (1, 2, #93, 1, 1, 3, 3, 3, 1, 5, 'First', 1760000000000024)"},
    /* Tenant 2 was served since, so its sums are there. */
    {4, 5, "INSERT INTO ticket_sums_missing (tenant_id) VALUES (1)"},
    {6, 0, "INSERT INTO ticket_sums_missing (tenant_id) VALUES (1), (2)"},
    {5, 0,
     "INSERT INTO team (id, tenant_id, uuid, name, name_folded, code, code_folded, is_active, created_at,"
     " updated_at) VALUES (1, 2, #a1, 'North', 'north', 'N', 'n', TRUE, 1760000000000026, 1760000000000027)"},
    {5, 0, "INSERT INTO team_member (tenant_id, account_id, team_id) VALUES (2, 4, 1)"},
    {6, 0,
     "INSERT INTO ticket_block (tenant_id, kind, parent, time, block, slot, tickets, cells) VALUES"
     " (2, 1, 0, 0, 0, 0, 77, #62)"},
    {7, 0,
     "INSERT INTO repeat (id, tenant_id, account_id, key_hash, request_hash, status, head, body, created_at) "
     "VALUES"
     " (1, 2, 3, #b1, #b2, 201, #b3, #b4, 1760100000000060)"},
    {8, 0, "UPDATE account SET acts_anywhere = TRUE WHERE tenant_id = 1 AND role > 1"},
    {9, 0,
     "INSERT INTO webhook (id, tenant_id, uuid, url, description, types, secret, old_secret, old_until, "
     "is_active,"
     " disabled_reason, disabled_at, failures, failing_since, ready_at, at_txn, at_id, created_at, "
     "updated_at,"
     " deleted_at) VALUES (1, 2, #c1, 'https://example.com/hook', 'Hook', 3, #c2, #c3, 1790000000000005, "
     "FALSE, 1,"
     " 1760100000000070, 4, 1760100000000071, 1760100000000072, 0, 2, 1760100000000073, 1760100000000074,"
     " 1760100000000075)"},
    {9, 0,
     "INSERT INTO webhook_delivery (id, tenant_id, webhook_id, uuid, type, subject, body, state, tries, "
     "due_at,"
     " http_status, reason, took_ms, tried_at, created_at) VALUES (1, 2, 1, #c4, 1, 3, '{}', 1, 2,"
     " 1790000000000006, 500, 'no', 12, 1760100000000076, 1760100000000077)"},
    {10, 0, "UPDATE customer SET nik = NULL WHERE account_id = 6"},
    {10, 0, "UPDATE technician SET employee_id = NULL WHERE account_id = 6"},
};

#endif
