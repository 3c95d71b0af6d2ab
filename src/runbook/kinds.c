/*
 * kinds: what the roles, forms and kinds of a runbook are called in plans, journals and reports.
 */
#include <assert.h>

#include "runbook/reader_int.h"

#define NAME_OF(what, type, value, n, ...)              \
    const char *what(type value)                        \
    {                                                   \
        static const char *const names[] = __VA_ARGS__; \
                                                        \
        assert((unsigned)(value) < (n));                \
        return names[value];                            \
    }

/* clang-format off */
NAME_OF(rb_role_name, enum rb_role, role, ROLE__N,
        {[ROLE_NONE] = "none", [ROLE_PREFLIGHT] = "preflight", [ROLE_DEPLOY] = "deploy",
         [ROLE_VERIFY] = "verify", [ROLE_ROLLBACK] = "rollback", [ROLE_MONITOR] = "monitor",
         [ROLE_DECIDE] = "decide", [ROLE_TROUBLESHOOT] = "troubleshoot",
         [ROLE_COMMUNICATE] = "communicate", [ROLE_SIGN_OFF] = "sign-off",
         [ROLE_FOLLOW_UP] = "follow-up",
         [ROLE_REFERENCE] = "reference"})
NAME_OF(rb_step_name, enum rb_step_kind, kind, STEP__N,
        {[STEP_SHELL] = "shell", [STEP_SQL] = "sql",
         [STEP_MANUAL] = "manual", [STEP_APPROVAL] = "approval"})
NAME_OF(rb_message_name, enum rb_message_when, when, MESSAGE__N,
        {[MESSAGE_START] = "start", [MESSAGE_DONE] = "done",
         [MESSAGE_ROLLED_BACK] = "rolled-back", [MESSAGE_OTHER] = "other"})
NAME_OF(rb_op_text, enum rb_op, op, OP__N,
        {[OP_EQ] = "=", [OP_NE] = "!=", [OP_LT] = "<", [OP_LE] = "<=", [OP_GT] = ">",
         [OP_GE] = ">=", [OP_IN] = "in"})
NAME_OF(rb_expect_name, enum rb_expect_form, form, EXPECT__N,
        {[EXPECT_EXIT] = "exit", [EXPECT_FAIL] = "fail", [EXPECT_CONTAINS] = "contains",
         [EXPECT_NOT_CONTAINS] = "not-contains", [EXPECT_MATCHES] = "matches",
         [EXPECT_NOT_MATCHES] = "not-matches", [EXPECT_NUMBER] = "number",
         [EXPECT_COUNT] = "count", [EXPECT_ROWS] = "rows", [EXPECT_ROW] = "row", [EXPECT_EMPTY] = "empty", [EXPECT_STATUS] = "http-status",
         [EXPECT_JSON] = "json", [EXPECT_ACTIVE] = "active", [EXPECT_INACTIVE] = "inactive",
         [EXPECT_FREE] = "free-space", [EXPECT_EXISTS] = "exists", [EXPECT_EXPIRES] = "expires",
         [EXPECT_SET] = "set", [EXPECT_INCREASES] = "increases", [EXPECT_VERSION] = "version",
         [EXPECT_ANY] = "any-of", [EXPECT_ASK] = "ask"})
/* clang-format on */
