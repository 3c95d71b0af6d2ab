#pragma once

/*
 * clause: which half of a sentence says when the other half is done, in the languages that runbooks are written in:
 * "Im Fehlerfall den Dienst zurücksetzen", "Somente se o cache estiver corrompido, limpe-o", "失敗した場合は戻す".
 *
 * Pure; views lie in the text that was given.
 */
#include "base/sv.h"

/*
 * When what the sentence tells is done: "Im Fehlerfall", "If it is enabled", "本番環境のみ"; of "... only if ..." all of it.
 * *main: what is done then, which may be empty.  Empty: it begins with no condition.
 */
struct sv clause_when(struct sv sentence, struct sv *main);
/* "Migrieren, sofern nötig", "Lancer la migration uniquement si ...": from there on; empty: it does not end so. */
struct sv clause_trails(struct sv sentence);
/* "Vérifier que ...", "Avise o gerente": somebody does it; by_hand: no command can. */
bool clause_asks(struct sv sentence, bool *by_hand);
bool clause_is_english(struct sv when);
/* "Solo usar si la migración causó el problema": a condition as a whole. */
bool clause_is_only(struct sv sentence);
/* "skip on replicas", "无 SQL 变更可跳过": when it is not done. */
bool clause_is_skip(struct sv condition);
/* "Skip this step if ...", "Dieser Schritt entfällt, wenn ...", "可跳过此步骤": what stands around it is not done in every run. */
bool clause_leaves_out(struct sv sentence);
/* "Warten, bis ...", "Aguarde até que ...", "0になるまで待つ": somebody waits; English is told_verb(). */
bool clause_waits(struct sv sentence);
/* "Nicht fortfahren, wenn ...", "Não prossiga se ...", "次に進まないこと": somebody sees first that it is not so. */
bool clause_holds(struct sv sentence);
/* Without its colon or full stop. */
struct sv clause_bare(struct sv text);
/* "NOTE:", "⚠️ **Achtung:**" before a sentence say nothing of what it tells. */
struct sv clause_unmarked(struct sv text);
