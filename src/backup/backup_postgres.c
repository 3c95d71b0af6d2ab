/* Backups of PostgreSQL: the image is pg_dump's custom format. */
#include "backup/backup_int.h"

const struct backup_ops backup_postgres = {};
