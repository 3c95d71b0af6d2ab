-- expect: DATA008
-- Rows of one kind, of another, and one that gives a number for the id.
INSERT INTO parts (id, name, price) VALUES
  (NULL, 'bolt; (M8)', 0.25),
  (NULL, 'nut, it''s M8', 0.15),
  (NULL, 'washer', NULL),
  (NULL, 'spring', NULL),
  (17, 'wheel', 12.5),
  (18, 'axle', -3.5)
ON CONFLICT (id) DO NOTHING;
