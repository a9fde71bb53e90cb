#!/usr/bin/python3
"""tools/sqlgen: what it writes compiles, and what it refuses it names with file and line.

    test_sqlgen.py SQLGEN SOURCE_FOLDER CC...
"""
import os
import subprocess
import sys
import tempfile
import unittest

SQLGEN, SOURCE, CC = sys.argv[1], sys.argv[2], sys.argv[3:]

GOOD = """
-- row thing_row: id int, title text,
--   removed_at int?

-- name: thing_get
-- in: id int, note text?
-- out: thing_row
SELECT id, title /* :no */, removed_at FROM thing -- 'it:s a comment';
WHERE id = :id AND title <> 'a :b'';' [AND note = :note] AND CAST(:id::bigint AS BIGINT) > 0;

-- name: thing_touch
-- in: id int
WITH x AS (SELECT 1) UPDATE thing SET title = 'x' WHERE id = :id;

-- name: thing_count
-- out: n int
SELECT COUNT(*) FROM thing;
"""


class Sqlgen(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="sigap-sqlgen-")
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def run_on(self, **files):
        paths = []
        for name, text in files.items():
            path = self.path(name.replace("__", "."))
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            paths.append(path)
        return subprocess.run([SQLGEN, "--prefix", "try", "--include", "try.h", "--out-header", self.path("try.h"),
                               "--out-source", self.path("try.c"), *paths], capture_output=True, text=True)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def refuses(self, where, words, **files):
        answer = self.run_on(**files)
        self.assertEqual(answer.returncode, 1)
        self.assertIn(where, answer.stderr)
        self.assertIn(words, answer.stderr)
        self.assertFalse(os.path.exists(self.path("try.c")))

    def test_what_it_writes_compiles_without_warnings(self):
        answer = self.run_on(thing__sql=GOOD)
        self.assertEqual(answer.stderr, "")
        subprocess.run([*CC, "-std=gnu17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Wpedantic", "-Wmissing-prototypes", "-Werror",
                        "-I", SOURCE, "-I", self.folder.name, "-c", self.path("try.c"), "-o", self.path("try.o")], check=True)

    def test_parameters_comments_and_literals(self):
        self.assertEqual(self.run_on(thing__sql=GOOD).returncode, 0)
        source = self.read("try.c").replace('"\n    "', "")
        self.assertIn("SELECT id, title , removed_at FROM thing WHERE id = $1 AND title <> 'a :b'';' \\001AND note = $2\\002 "
                      "AND CAST($1::bigint AS BIGINT) > 0", source)

    def test_a_statement_that_writes_is_known_by_its_words(self):
        self.assertEqual(self.run_on(thing__sql=GOOD).returncode, 0)
        source = self.read("try.c")
        self.assertRegex(source, r'"thing_touch",[^{}]*true, false}')
        self.assertRegex(source, r'"thing_get",[^{}]*false, true}')
        self.assertRegex(source, r'"thing_count",[^{}]*false, false}')

    def test_migrations_come_in_order_with_their_variants(self):
        answer = subprocess.run([SQLGEN, "--out-header", self.path("a.h"), "--out-source", self.path("a.c"), *self.migrations()],
                                capture_output=True, text=True)
        self.assertEqual(answer.stderr, "")
        source = self.read("a.c")
        self.assertLess(source.index('"0001_first"'), source.index('"0002_second"'))
        self.assertIn('"TWO FOR P"', source)

    def migrations(self):
        paths = []
        for name, text in (("0002_second.sql", "TWO"), ("0002_second.pgsql.sql", "TWO FOR P"), ("0001_first.sql", "ONE")):
            paths.append(self.path(name))
            with open(paths[-1], "w", encoding="utf-8") as file:
                file.write(text)
        return paths

    def test_a_missing_migration(self):
        paths = self.migrations()[:2]
        answer = subprocess.run([SQLGEN, "--out-header", self.path("a.h"), "--out-source", self.path("a.c"), *paths],
                                capture_output=True, text=True)
        self.assertEqual(answer.returncode, 1)
        self.assertIn("0001", answer.stderr)

    def test_twins(self):
        twin = "-- name: thing_count\nSELECT COUNT(*) FROM things;\n"
        self.assertEqual(self.run_on(thing__sql=GOOD, thing__pgsql__sql=twin).returncode, 0)
        self.assertIn('"SELECT COUNT(*) FROM things"', self.read("try.c"))

    def test_faults_of_twins(self):
        self.refuses("thing.pgsql.sql:1", "does not exist", thing__sql=GOOD, thing__pgsql__sql="-- name: other\nSELECT 1;\n")
        self.refuses("thing.pgsql.sql:1", "unused parameter :id", thing__sql=GOOD, thing__pgsql__sql="-- name: thing_touch\nUPDATE x SET y = 1;\n")

    def test_unknown_and_unused_parameters(self):
        self.refuses("t.sql:3", "unknown parameter :b", t__sql="-- name: a\n-- in: a int\nSELECT :a, :b;\n")
        self.refuses("t.sql:1", "unused parameter :b", t__sql="-- name: a\n-- in: a int, b int\nSELECT :a;\n")

    def test_types(self):
        self.refuses("t.sql:2", "unknown type", t__sql="-- name: a\n-- in: a number\nSELECT :a;\n")
        self.refuses("t.sql:2", "can't be nullable", t__sql="-- name: a\n-- in: a bool?\nSELECT :a;\n")
        self.refuses("t.sql:2", "for parameters only", t__sql="-- name: a\n-- out: a ints\nSELECT 1;\n")
        self.refuses("t.sql:2", "C keyword", t__sql="-- name: a\n-- in: default int\nSELECT :default;\n")

    def test_duplicate_names(self):
        self.refuses("t.sql:3", "duplicate name", t__sql="-- name: a\nSELECT 1;\n-- name: a\nSELECT 1;\n")
        self.refuses("t.sql:4", "would also be a function", t__sql="-- name: a\n-- out: x int\nSELECT 1;\n-- name: a_all\nSELECT 1;\n")
        self.refuses("t.sql:2", "duplicate name", t__sql="-- row x_row: a int\n-- row x_row: a int\n")

    def test_rows(self):
        self.refuses("t.sql:2", 'unknown row struct "x_row"', t__sql="-- name: a\n-- out: x_row\nSELECT 1;\n")

    def test_shared_texts(self):
        shared = "-- text: both\na,\nb\n"
        answer = self.run_on(t__sql=shared + "-- name: x\n-- out: a int, b int\nSELECT {both} FROM t;\n",
                             t__pgsql__sql="-- name: x\nSELECT {both} FROM u;\n")
        self.assertEqual(answer.stderr, "")
        self.assertIn('"SELECT a, b FROM t"', self.read("try.c"))
        self.assertIn('"SELECT a, b FROM u"', self.read("try.c"))

    def test_faults_of_shared_texts(self):
        self.refuses("t.sql:2", "unknown text {other}", t__sql="-- name: a\nSELECT {other};\n")
        self.refuses("t.sql:1", "nobody uses it", t__sql="-- text: both\na, b\n")
        self.refuses("t.sql:3", "duplicate name, first at", t__sql="-- text: x\na\n-- text: x\nb\n-- name: y\nSELECT {x};\n")
        self.refuses("t.sql:2", 'a shared text has no "in:"', t__sql="-- text: x\n-- in: a int\nb\n-- name: y\nSELECT {x};\n")

    def test_optional_parts(self):
        self.refuses("t.sql:3", "must be nullable", t__sql="-- name: a\n-- in: a int\nSELECT 1 [WHERE x = :a];\n")
        self.refuses("t.sql:3", "exactly one parameter", t__sql="-- name: a\n-- in: a int?, b int?\nSELECT 1 [WHERE :b = :a];\n")
        self.refuses("t.sql:3", "[ without ]", t__sql="-- name: a\n-- in: a int?\nSELECT 1 [WHERE x = :a;\n")
        self.refuses("t.sql:3", "inside EACH", t__sql="-- name: a\n-- in: a ints\nSELECT 1 [WHERE x = :a];\n")
        self.refuses("t.sql:3", "EACH( without )", t__sql="-- name: a\n-- in: a ints\nEACH(SELECT 1 [WHERE x = :a];\n")
        self.refuses("t.sql:1", "writes can't have", t__sql="-- name: a\n-- in: a int?\nDELETE FROM x [WHERE x = :a];\n")

    def test_texts(self):
        self.refuses("t.sql:1", "does not end with ;", t__sql="-- name: a\nSELECT 1\n")
        self.refuses("t.sql:2", "text after the ;", t__sql="-- name: a\nSELECT 1; SELECT 2;\n")
        self.refuses("t.sql:1", "without text", t__sql="-- name: a\n")
        self.refuses("t.sql:2", "without its end", t__sql="-- name: a\nSELECT 'x;\n")
        self.refuses("t.sql:1", "outside a statement", t__sql="SELECT 1;\n")
        self.refuses("t.sql:2", "bare $", t__sql="-- name: a\nSELECT $1;\n")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]])
