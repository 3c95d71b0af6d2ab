/* The table of a step's states. */
#include "base/sv.h"
#include "exec/step_fsm.h"
#include "t.h"

/* P3: what ended is in the journal, once.  Walks every cell. */
T(every_way_into_an_end_is_recorded_and_nothing_else_is)
{
    int moves = 0;

    for (int st = 0; st < STEP_STATE__N; st++)
        for (int ev = 0; ev < STEP_EV__N; ev++) {
            struct step_move m = step_fsm((enum step_state)st, (enum step_event)ev);

            if (m.effect == FX_BUG) {
                T_EQ(m.next, STEP_PLANNED);
                continue;
            }
            T_EQ(m.effect == FX_RECORD, step_is_end(m.next) && (int)m.next != st);
            moves++;
        }
    T_CHECK(moves > STEP_STATE__N); /* an empty table would pass the loop */
}

T(cancel_is_a_move_in_every_state_and_starts_nothing)
{
    for (int st = 0; st < STEP_STATE__N; st++) {
        struct step_move m = step_fsm((enum step_state)st, EV_CANCEL);

        T_CHECK(m.effect == FX_NONE || m.effect == FX_STOP || m.effect == FX_RECORD);
        T_CHECK((int)m.next == st || m.next == STEP_STOPPING || m.next == STEP_STOPPED);
    }
}

T(every_state_can_be_reached_and_every_state_comes_to_an_end)
{
    bool reached[STEP_STATE__N] = {[STEP_PLANNED] = true}, ends[STEP_STATE__N] = {false};

    for (int round = 0; round < STEP_STATE__N; round++)
        for (int st = 0; st < STEP_STATE__N; st++)
            for (int ev = 0; ev < STEP_EV__N; ev++) {
                struct step_move m = step_fsm((enum step_state)st, (enum step_event)ev);

                if (m.effect == FX_BUG)
                    continue;
                reached[m.next] |= reached[st];
                ends[st] |= step_is_end((enum step_state)st) || ends[m.next];
            }
    for (int st = 0; st < STEP_STATE__N; st++)
        T_CHECK(reached[st] && ends[st]);
}

/* P3: an act begins only from a state whose intent the driver writes first. */
T(what_is_done_or_skipped_is_never_started_again)
{
    for (int ev = 0; ev < STEP_EV__N; ev++) {
        T_CHECK(step_fsm(STEP_DONE, (enum step_event)ev).effect != FX_START);
        T_CHECK(step_fsm(STEP_SKIPPED, (enum step_event)ev).effect != FX_START);
    }
}

T(what_was_lost_is_in_doubt_and_is_looked_into)
{
    static const enum step_state states[] = {STEP_RUNNING, STEP_STOPPING, STEP_STOPPED,
                                             STEP_IN_DOUBT};

    for (size_t i = 0; i < ARRAY_LEN(states); i++) {
        struct step_move m = step_fsm(states[i], EV_LOST);

        T_CHECK(m.next == STEP_IN_DOUBT && m.effect == FX_PROBE);
    }
}

T(names_of_states_lead_back_to_them)
{
    for (int st = 0; st < STEP_STATE__N; st++)
        T_EQ(step_state_of(sv_from(step_state_name((enum step_state)st))), st);
    T_EQ(step_state_of(SV("nothing")), STEP_STATE__N);
    T_EQ(step_state_of(SV("")), STEP_STATE__N);
}

T(a_state_or_event_that_is_none_aborts)
{
    T_ABORTS((void)step_fsm(STEP_STATE__N, EV_READY));
    T_ABORTS((void)step_fsm(STEP_DONE, STEP_EV__N));
    T_ABORTS((void)step_state_name(STEP_STATE__N));
}

T_MAIN(T_CASE(every_way_into_an_end_is_recorded_and_nothing_else_is),
       T_CASE(cancel_is_a_move_in_every_state_and_starts_nothing),
       T_CASE(every_state_can_be_reached_and_every_state_comes_to_an_end),
       T_CASE(what_is_done_or_skipped_is_never_started_again),
       T_CASE(what_was_lost_is_in_doubt_and_is_looked_into),
       T_CASE(names_of_states_lead_back_to_them), T_CASE(a_state_or_event_that_is_none_aborts))
