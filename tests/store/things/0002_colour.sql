ALTER TABLE thing ADD COLUMN colour {text};
UPDATE thing SET colour = 'sqlite';
