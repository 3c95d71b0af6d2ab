/* shell, command and effect: a block of commands, what each one is and what it changes. */
#include "runbook/command.h"

#include "runbook/effect.h"
#include "runbook_read.h"

static struct shell_script split(struct sv text, struct arena *arena)
{
    CLEANUP(shell_parser_freep) struct shell_parser *p = shell_parser_new();
    struct shell_script s;
    struct placeholders ph;

    placeholder_find(text, false, NULL, arena, &ph);
    shell_split(p, text, placeholder_mask(text, &ph, arena), arena, &s);
    return s;
}

static struct command read_one(const char *text, struct arena *arena)
{
    struct shell_script s = split(sv_from(text), arena);
    struct command c;

    if (s.n != 1 || s.broken)
        T_FAIL("'%s' has %zu commands", text, s.n);
    command_read(&s.v[0], arena, &c);
    return c;
}

T(a_block_is_split_into_commands_and_comments)
{
    static const struct {
        const char *text;
        enum shell_kind kind;
        bool background, substitution, heredoc;
        size_t n_simple, n_redirects;
    } rows[] = {
        /* clang-format off */
        {"# Stop the service", SHELL_COMMENT, false, false, false, 0, 0},
        {"systemctl stop shop", SHELL_SIMPLE, false, false, false, 1, 0},
        {"export A=1", SHELL_SIMPLE, false, false, false, 1, 0},
        {"unset A", SHELL_SIMPLE, false, false, false, 1, 0},
        {"pg_dump shop | gzip > shop.gz", SHELL_PIPELINE, false, false, false, 2, 1},
        {"make build && make install", SHELL_LIST, false, false, false, 2, 0},
        {"VERSION=4.2", SHELL_ASSIGN, false, false, false, 0, 0},
        {"A=1 B=2", SHELL_ASSIGN, false, false, false, 0, 0},
        {"for h in a b; do ping $h; done", SHELL_COMPOUND, false, false, false, 1, 0},
        {"if [ -f x ]; then rm x; fi", SHELL_COMPOUND, false, false, false, 1, 0},
        {"(cd /srv; ls)", SHELL_COMPOUND, false, false, false, 2, 0},
        {"check() { curl -f $1; }", SHELL_FUNCTION, false, false, false, 1, 0},
        {"./server &", SHELL_SIMPLE, true, false, false, 1, 0},
        {"echo $(hostname)", SHELL_SIMPLE, false, true, false, 1, 0},
        {"echo `hostname`", SHELL_SIMPLE, false, true, false, 1, 0},
        {"cat <<EOF > x.conf\nA=1\nEOF", SHELL_SIMPLE, false, false, true, 1, 2},
        {"cat <<-EOF\n\tA=1\n\tEOF", SHELL_SIMPLE, false, false, true, 1, 1},
        {"grep x <<< y", SHELL_SIMPLE, false, false, false, 1, 1},
        {"exec 3>&-", SHELL_SIMPLE, false, false, false, 1, 1},
        {"> out ls", SHELL_SIMPLE, false, false, false, 1, 1},
        {"> out", SHELL_COMPOUND, false, false, false, 0, 1},
        {"! grep -q x y", SHELL_SIMPLE, false, false, false, 1, 0},
        {"ls > out 2>&1", SHELL_SIMPLE, false, false, false, 1, 2},
        /* clang-format on */
    };
    CLEANUP(arena_release) struct arena arena = {0};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct shell_script s = split(sv_from(rows[i].text), &arena);
        const struct shell_item *item = s.v;

        if (s.n != 1 || s.broken || item->kind != rows[i].kind)
            T_FAIL("'%s': %zu items, kind %d", rows[i].text, s.n, s.n ? (int)item->kind : -1);
        if (item->n_simple != rows[i].n_simple || item->n_redirects != rows[i].n_redirects)
            T_FAIL("'%s': %zu simple, %zu redirects", rows[i].text, item->n_simple,
                   item->n_redirects);
        if (!sv_eq(item->text, sv_from(rows[i].text)))
            T_FAIL("'%s' is run as '%.*s'", rows[i].text, SV_FMT(item->text));
        T_EQ(item->background, rows[i].background);
        T_EQ(item->substitution, rows[i].substitution);
        T_EQ(item->heredoc, rows[i].heredoc);
    }
}

T(items_know_where_they_stand)
{
    CLEANUP(arena_release) struct arena arena = {0};
    struct shell_script s =
        split(SV("# Build\nmake # takes a while\n\n\nmake install \\\n  PREFIX=/srv\n##  Look \n"),
              &arena);

    T_EQ(s.n, 5);
    T_CHECK(!s.broken);
    T_SV(shell_comment_text(&s.v[0]), "Build");
    T_CHECK(s.v[0].blank_before && !s.v[1].blank_before && s.v[3].blank_before);
    T_CHECK(s.v[2].same_line && !s.v[0].same_line && !s.v[4].same_line);
    T_SV(s.v[2].text, "# takes a while");
    T_EQ(s.v[3].line, 4);
    T_EQ(s.v[3].end_line, 5);
    T_SV(shell_comment_text(&s.v[4]), "Look");
}

T(the_words_of_a_command_are_what_the_program_gets)
{
    static const struct {
        const char *text, *value; /* of the second word; NULL: not literal */
        bool plain;
        size_t n_pieces;
    } rows[] = {
        {"echo shop", "shop", true, 1},
        {"echo 'a  b'", "a  b", true, 1},
        {"echo \"a \\\"b\\\" \\x\"", "a \"b\" \\x", true, 1},
        {"echo a\\ b'c'\"d\"", "a bcd", true, 1},
        {"echo 42", "42", true, 1},
        {"echo ''", "", true, 0},
        {"echo $HOST", NULL, true, 1},
        {"echo \"http://${HOST}:$PORT/x\"", NULL, true, 5},
        {"echo \" $A $B \"", NULL, true, 5},
        {"echo \"a$ A\"", NULL, false,
         0}, /* the grammar takes it for a variable: left to the shell */
        {"echo \"a$\"", "a$", true, 1},
        {"echo a$\"b\"", NULL, false, 0},
        {"echo \"b$/$A\"", NULL, true, 2},
        {"echo ${HOST:-local}", NULL, false, 0},
        {"echo $1", NULL, false, 0},
        {"echo *.sql", NULL, false, 0},
        {"echo ~/x", NULL, true, 2},
        {"echo ~", NULL, true, 1},
        {"echo ~/\"a b\"/c", NULL, true, 2},
        {"echo ~/*.sql", NULL, false, 0},
        {"echo ~bob/x", NULL, false, 0},
        {"echo \"~/x\"", "~/x", true, 1},
        {"echo a~b", "a~b", true, 1},
        {"echo \\*.sql", "*.sql", true, 1},
        {"echo {a,b}", NULL, false, 0},
        {"echo $(date)", NULL, false, 0},
        {"echo \"$(date)\"", NULL, false, 0},
        {"echo <host>", "<host>", true, 1},
        {"echo \"a\\\nb\"", "ab", true, 1},
    };
    CLEANUP(arena_release) struct arena arena = {0};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct shell_script s = split(sv_from(rows[i].text), &arena);
        const struct shell_word *w;

        if (s.n != 1 || s.broken || s.v[0].n_simple != 1 || s.v[0].simple[0].n_words != 2)
            T_FAIL("'%s' is not one command of two words", rows[i].text);
        w = &s.v[0].simple[0].words[1];
        if (w->literal != (rows[i].value != NULL) || w->plain != rows[i].plain)
            T_FAIL("'%s': literal %d, plain %d", rows[i].text, w->literal, w->plain);
        SAME(w->value, rows[i].value);
        if (w->plain)
            T_EQ(w->n_pieces, rows[i].n_pieces);
    }
}

T(simple_commands_know_their_pipe_and_their_nesting)
{
    CLEANUP(arena_release) struct arena arena = {0};
    struct shell_script s =
        split(SV("A=1 /usr/bin/env | sort -u | head\nif true; then ls; fi\n"), &arena);
    const struct shell_simple *v = s.v[0].simple;

    T_EQ(s.v[0].n_simple, 3);
    T_SV(shell_program(&v[0]), "env");
    T_EQ(v[0].n_assigns, 1);
    T_CHECK(!v[0].piped_in && v[0].piped_out && v[1].piped_in && v[1].piped_out);
    T_CHECK(v[2].piped_in && !v[2].piped_out && !v[2].nested);
    T_EQ(shell_find_word(&v[1], 1, SV("-u")), 1);
    T_EQ(shell_find_word(&v[1], 1, SV("-x")), 0);
    T_CHECK(s.v[1].simple[1].nested);
    T_EQ(s.v[1].simple[1].line, 1);
    s = split(SV("$RUN now"), &arena);
    T_EQ(shell_program(&s.v[0].simple[0]).n, 0);
}

T(what_the_grammar_does_not_take_is_said_with_its_line)
{
    static const struct {
        const char *text;
        size_t n, line;
    } rows[] = {
        {"ls\nif true; then\n  ls\n", 2, 1},
        {"echo \"a\n", 1, 0},
        {"(cd x\nls) \"a\n", 1, 0},
        {"ls\necho $(date\nls\n\n", 2, 1},
        {"ls\npwd\n) x\n", 3, 2},
        {"if true; then\nif true; then\nif true; then\n", 1, 0},
    };
    CLEANUP(arena_release) struct arena arena = {0};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct shell_script s = split(sv_from(rows[i].text), &arena);

        T_CHECK(s.broken && !s.too_long);
        if (s.n != rows[i].n || s.broken_line != rows[i].line)
            T_FAIL("'%s': %zu items, line %zu", rows[i].text, s.n, s.broken_line);
        T_EQ(s.v[s.n - 1].kind, SHELL_COMPOUND);
        T_CHECK(sv_ends(sv_trim_right(sv_from(rows[i].text)), s.v[s.n - 1].text));
    }
}

T(a_block_that_is_too_long_is_not_split)
{
    CLEANUP(arena_release) struct arena arena = {0};
    CLEANUP(strbuf_release) struct strbuf b = repeat("(", SHELL_MAX_BYTES + 1);
    struct shell_script s = split(strbuf_sv(&b), &arena);

    T_CHECK(s.broken && s.too_long);
    T_EQ(s.n, 1);
    strbuf_truncate(&b, SHELL_MAX_BYTES);
    s = split(strbuf_sv(&b), &arena);
    T_CHECK(s.broken && !s.too_long);
    s = split(SV(""), &arena);
    T_CHECK(s.n == 0 && !s.broken);
    shell_parser_free(NULL);
}

T(deep_nesting_is_not_followed_without_end)
{
    CLEANUP(arena_release) struct arena arena = {0};
    CLEANUP(strbuf_release) struct strbuf b = repeat("(", 200);
    struct shell_script s;

    strbuf_add_str(&b, "ls");
    strbuf_add_n(&b, ')', 200);
    s = split(strbuf_sv(&b), &arena);
    T_EQ(s.n, 1);
    T_EQ(s.v[0].n_simple, 0);
    strbuf_truncate(&b, 0);
    strbuf_add_str(&b, "echo ");
    for (int i = 0; i < 12; i++)
        strbuf_add_str(&b, "a\"b\"");
    s = split(strbuf_sv(&b), &arena);
    T_CHECK(s.v[0].simple[0].words[1].literal);
}

T(commands_that_are_known_are_understood_whole)
{
    static const struct {
        const char *text;
        enum command_form form;
        enum command_effect effect;
    } rows[] = {
        /* clang-format off */
        {"cd /srv/shop", COMMAND_STATE, EFFECT_STATE},
        {"export A=1", COMMAND_STATE, EFFECT_STATE},
        {"source .env", COMMAND_STATE, EFFECT_STATE},
        {"VERSION=4.2", COMMAND_STATE, EFFECT_STATE},
        {"curl https://shop/health", COMMAND_HTTP, EFFECT_NONE},
        {"curl -fsS -o x https://shop/health", COMMAND_SHELL, EFFECT_NONE},
        {"/usr/bin/curl https://shop", COMMAND_HTTP, EFFECT_NONE},
        {"curl -I https://shop", COMMAND_HTTP, EFFECT_NONE},
        {"curl -X DELETE https://shop/cache", COMMAND_HTTP, EFFECT_UNKNOWN},
        {"curl -d '{}' https://shop/cache", COMMAND_HTTP, EFFECT_UNKNOWN},
        {"curl -d @file https://shop/cache", COMMAND_SHELL, EFFECT_UNKNOWN},
        {"curl -H \"$(token)\" https://shop", COMMAND_SHELL, EFFECT_NONE},
        {"curl a b", COMMAND_SHELL, EFFECT_NONE},
        {"curl -X", COMMAND_SHELL, EFFECT_UNKNOWN},
        {"curl", COMMAND_SHELL, EFFECT_NONE},
        {"curl -m x https://shop", COMMAND_SHELL, EFFECT_NONE},
        {"systemctl restart shop", COMMAND_SERVICE, EFFECT_SERVICE},
        {"sudo systemctl status shop --no-pager", COMMAND_SERVICE, EFFECT_NONE},
        {"service shop stop", COMMAND_SERVICE, EFFECT_SERVICE},
        {"systemctl --user restart shop", COMMAND_SERVICE, EFFECT_SERVICE},
        {"systemctl reload shop.service", COMMAND_SERVICE, EFFECT_SERVICE},
        {"service shop restart", COMMAND_SERVICE, EFFECT_SERVICE},
        {"docker compose restart web", COMMAND_SERVICE, EFFECT_SERVICE},
        {"docker-compose stop web", COMMAND_SERVICE, EFFECT_SERVICE},
        {"sudo supervisorctl restart shop:web", COMMAND_SERVICE, EFFECT_SERVICE},
        {"supervisorctl status web", COMMAND_SERVICE, EFFECT_NONE},
        {"sv down web", COMMAND_SERVICE, EFFECT_SERVICE},
        {"/usr/bin/sv -v hup /etc/service/web", COMMAND_SERVICE, EFFECT_SERVICE},
        {"systemctl --no-block restart shop", COMMAND_SHELL, EFFECT_SERVICE},
        {"systemctl restart", COMMAND_SHELL, EFFECT_SERVICE},
        {"systemctl restart $(units)", COMMAND_SHELL, EFFECT_SERVICE},
        {"docker compose -f prod.yml restart web", COMMAND_SHELL, EFFECT_SERVICE},
        {"docker compose restart -t 3 web", COMMAND_SHELL, EFFECT_SERVICE},
        {"docker compose restart web db", COMMAND_SHELL, EFFECT_SERVICE},
        {"docker restart web", COMMAND_SHELL, EFFECT_SERVICE},
        {"supervisorctl restart all", COMMAND_SHELL, EFFECT_SERVICE},
        {"supervisorctl restart shop:*", COMMAND_SHELL, EFFECT_SERVICE},
        {"sv -w 9 restart web", COMMAND_SHELL, EFFECT_SERVICE},
        {"systemctl daemon-reload", COMMAND_SHELL, EFFECT_SERVICE},
        {"systemctl enable shop", COMMAND_SHELL, EFFECT_SERVICE},
        {"systemctl restart a b", COMMAND_SHELL, EFFECT_SERVICE},
        {"sqlite3 app.db \"SELECT 1\"", COMMAND_SQLITE, EFFECT_NONE},
        {"sqlite3 app.db '.backup app.bak'", COMMAND_SQLITE, EFFECT_BACKUP},
        {"sqlite3 app.db .tables", COMMAND_SHELL, EFFECT_NONE},
        {"sqlite3 app.db ' .schema t'", COMMAND_SHELL, EFFECT_NONE},
        {"sqlite3 app.db \".read up.sql\"", COMMAND_SHELL, EFFECT_DATABASE},
        {"sqlite3 -json app.db", COMMAND_SHELL, EFFECT_DATABASE},
        {"sleep 30", COMMAND_SLEEP, EFFECT_NONE},
        {"sleep 2m", COMMAND_SLEEP, EFFECT_NONE},
        {"sleep 99999999", COMMAND_SHELL, EFFECT_NONE},
        {"sleep soon", COMMAND_SHELL, EFFECT_NONE},
        {"watch -n 5 'ss -s'", COMMAND_POLL, EFFECT_NONE},
        {"watch -d -n1 date", COMMAND_POLL, EFFECT_NONE},
        {"watch -n 0 date", COMMAND_SHELL, EFFECT_NONE},
        {"watch ls -l", COMMAND_SHELL, EFFECT_NONE},
        {"tail -f app.log", COMMAND_FOLLOW, EFFECT_NONE},
        {"tail -f app.log | grep ERROR", COMMAND_FOLLOW, EFFECT_NONE},
        {"docker logs -f shop", COMMAND_FOLLOW, EFFECT_NONE},
        {"tail -n 5 app.log", COMMAND_SHELL, EFFECT_NONE},
        {"ssh web1", COMMAND_SSH, EFFECT_STATE},
        {"ssh web1 ls", COMMAND_REMOTE, EFFECT_NONE},
        {"ssh -V", COMMAND_SHELL, EFFECT_NONE},
        {"exit", COMMAND_EXIT, EFFECT_STATE},
        {"df -h /srv", COMMAND_DISK, EFFECT_NONE},
        {"df -h", COMMAND_SHELL, EFFECT_NONE},
        {"df /a /b", COMMAND_SHELL, EFFECT_NONE},
        {"touch maintenance.flag", COMMAND_TOUCH, EFFECT_FILES},
        {"rm -f maintenance.flag", COMMAND_REMOVE, EFFECT_FILES},
        {"rm -rf /srv/old", COMMAND_SHELL, EFFECT_FILES},
        {"rm -i", COMMAND_SHELL, EFFECT_FILES},
        {"git pull", COMMAND_SHELL, EFFECT_CODE},
        {"A=1 curl https://shop", COMMAND_SHELL, EFFECT_NONE},
        {"curl https://shop > x", COMMAND_SHELL, EFFECT_FILES},
        {"curl https://shop &", COMMAND_SHELL, EFFECT_NONE},
        {"curl $(url)", COMMAND_SHELL, EFFECT_NONE},
        {"$RUN now", COMMAND_SHELL, EFFECT_UNKNOWN},
        /* clang-format on */
    };
    CLEANUP(arena_release) struct arena arena = {0};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct command c = read_one(rows[i].text, &arena);

        if (c.form != rows[i].form || c.effect != rows[i].effect)
            T_FAIL("'%s' is %s with the effect %s", rows[i].text, command_form_name(c.form),
                   command_effect_name(c.effect));
    }
}

T(the_parts_of_a_request_are_known)
{
    CLEANUP(arena_release) struct arena arena = {0};
    struct command c = read_one("curl -sSf -L -X PUT -H 'A: b' -H \"T: $T\" --data '{\"a\":1}' "
                                "--max-time 2.5 https://shop/x",
                                &arena);

    T_EQ(c.form, COMMAND_HTTP);
    T_SV(c.method, "PUT");
    T_SV(c.url->value, "https://shop/x");
    T_EQ(c.n_headers, 2);
    T_SV(c.headers[0]->value, "A: b");
    T_CHECK(c.headers[1]->plain && !c.headers[1]->literal);
    T_SV(c.data->value, "{\"a\":1}");
    T_CHECK(c.fail_on_status && c.follow);
    T_EQ(c.http_timeout_ms, 2500);
    T_SV(read_one("curl --data-raw x https://shop", &arena).method, "POST");
    T_SV(read_one("curl -s --globoff https://shop", &arena).method, "GET");
    T_CHECK(read_one("curl -fsSL https://shop", &arena).fail_on_status);
    T_CHECK(read_one("curl https://shop", &arena).cx.http);
}

T(the_parts_of_other_commands_are_known)
{
    CLEANUP(arena_release) struct arena arena = {0};
    struct command c = read_one("sudo -n -u deploy systemctl restart shop", &arena);

    T_CHECK(c.sudo && c.cx.service);
    T_EQ(c.verb, SERVICE_RESTART);
    T_SV(c.target->value, "shop");
    T_STR(service_tool_manager(read_one("systemctl --user stop x", &arena).tool), "systemd-user");
    T_STR(service_tool_manager(read_one("service x stop", &arena).tool), "systemd");
    T_STR(service_tool_manager(read_one("docker compose stop x", &arena).tool), "compose");
    T_STR(service_tool_manager(read_one("supervisorctl stop x", &arena).tool), "supervisor");
    T_STR(service_tool_manager(read_one("sv stop x", &arena).tool), "runit");
    c = read_one("sleep 5 && systemctl is-active shop", &arena);
    T_EQ(c.form, COMMAND_SERVICE);
    T_EQ(c.delay_ms, 5000);
    T_STR(service_verb_name(c.verb), "status");
    T_EQ(read_one("sleep 5 || systemctl status shop", &arena).form, COMMAND_SHELL);
    T_EQ(read_one("sleep 1.5", &arena).sleep_ms, 1500);
    c = read_one("watch -n 5 'ss -s'", &arena);
    T_EQ(c.every_ms, 5000);
    T_SV(c.inner, "ss -s");
    T_EQ(read_one("watch date", &arena).every_ms, 2000);
    c = read_one("sqlite3 app.db '.backup x.db'", &arena);
    T_CHECK(c.cx.sql && c.cx.makes_file);
    T_SV(c.sql->value, ".backup x.db");
    T_CHECK(read_one("psql -c 'SELECT 1'", &arena).cx.sql);
    T_CHECK(read_one("tail -f x", &arena).cx.follows);
    T_CHECK(read_one("df -h /", &arena).cx.disk);
    T_CHECK(read_one("echo $?", &arena).cx.asks_status);
    T_CHECK(read_one("systemctl status -l shop", &arena).cx.service);
    T_SV(read_one("env | grep -E '(DB_URL|TOKEN)'", &arena).cx.names, "DB_URL|TOKEN");
    T_EQ(read_one("env | grep '^A.*'", &arena).cx.names.n, 0);
    T_EQ(read_one("env | sort", &arena).cx.names.n, 0);
}

T(files_that_a_command_makes_are_known)
{
    static const struct {
        const char *text, *file; /* NULL: none */
    } rows[] = {
        {"pg_dump -f shop.sql shop", "shop.sql"},
        {"pg_dump --file shop.sql shop", "shop.sql"},
        {"pg_dump shop | gzip > shop.gz", "shop.gz"},
        {"cp app.db app.bak", "app.bak"},
        {"mv a b", "b"},
        {"ls > /dev/null", NULL},
        {"ls 2>&1", NULL},
        {"grep x < y", NULL},
        {"cp a", NULL},
    };
    CLEANUP(arena_release) struct arena arena = {0};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct command c = read_one(rows[i].text, &arena);

        T_EQ(c.n_artifacts, rows[i].file != NULL);
        T_EQ(c.cx.makes_file, rows[i].file != NULL);
        if (rows[i].file)
            SAME(c.artifacts[0]->raw, rows[i].file);
    }
}

static const struct effect_case {
    const char *text;
    enum command_effect effect;
} effect_cases[] = {
    {"psql -h db -Atc 'SELECT 1'", EFFECT_NONE},
    {"psql -c'SELECT 1'", EFFECT_NONE},
    {"psql --command 'SELECT 1'", EFFECT_NONE},
    {"psql --command='SELECT 1'", EFFECT_NONE},
    {"psql --command='DELETE FROM x'", EFFECT_DATABASE},
    {"psql -c \"SELECT a FROM b \\\n WHERE d = '1'\"", EFFECT_NONE},
    {"docker exec db psql -c \\\n  \"SELECT a \\\n FROM b\"", EFFECT_NONE},
    {"psql -c \"SELECT \\\"a\\\" FROM b\"", EFFECT_NONE},
    {"psql -c \"SELECT a FROM $TABLE \\\n WHERE d = '1'\"", EFFECT_NONE},
    {"psql -c \"DELETE FROM b \\\n WHERE d = '1'\"", EFFECT_DATABASE},
    {"psql -hcat", EFFECT_DATABASE},
    {"mysql -Nse 'SHOW SLAVE STATUS'", EFFECT_NONE},
    {"mariadb shop", EFFECT_DATABASE},
    {"git status && git pull", EFFECT_CODE},
    {"ls | grep x", EFFECT_NONE},
    {"pg_dump shop > shop.sql", EFFECT_BACKUP},
    {"pg_dump shop | gzip -9 > shop.sql.gz", EFFECT_BACKUP},
    {"gzip shop.sql", EFFECT_FILES},
    {"gunzip < shop.sql.gz | psql shop", EFFECT_DATABASE},
    {"echo 1 > /tmp/x", EFFECT_FILES},
    {"echo 1 > /dev/null", EFFECT_NONE},
    {"cp app.db app.db.bak", EFFECT_BACKUP},
    {"sudo cp -a /etc/relay /var/backups/relay", EFFECT_BACKUP},
    {"docker exec db sqlite3 app.db .dump > app.sql", EFFECT_BACKUP},
    {"cp app.db /srv/app.db", EFFECT_FILES},
    {"sudo alembic upgrade head", EFFECT_DATABASE},
    {"alembic current", EFFECT_NONE},
    {"psql shop < x.sql", EFFECT_DATABASE},
    {"psql -c 'SELECT 1'", EFFECT_NONE},
    {"psql -c 'DELETE FROM x'", EFFECT_DATABASE},
    {"./manage.py migrate", EFFECT_DATABASE},
    {"shopctl verify", EFFECT_NONE},
    {"shopctl purge", EFFECT_UNKNOWN},
    {"if true; then systemctl stop x; fi", EFFECT_SERVICE},
    {"f() { rm -rf /; }", EFFECT_STATE},
    {"find . -delete", EFFECT_FILES},
    {"sqlite3 app.db .dump > app.sql", EFFECT_BACKUP},
    {"sqlite3 app.db .dump | gzip > app.sql.gz", EFFECT_BACKUP},
    {"sqlite3 app.db 'SELECT 1' > x", EFFECT_FILES},
    {"prusik flag set list on --why x", EFFECT_FLAG},
    {"prusik flag kill X off --why x", EFFECT_FLAG},
    {"prusik flag get set", EFFECT_NONE},
    {"prusik snapshot deals --output x.snap", EFFECT_BACKUP},
    {"prusik compare x.snap y.snap", EFFECT_NONE},
    {"prusik audit deals", EFFECT_NONE},
    {"prusik audit deals > audit.txt", EFFECT_FILES},
    {"prusik backup create app.db", EFFECT_BACKUP},
    {"prusik backup verify x.prbak", EFFECT_NONE},
    {"prusik backup restore x.prbak --to app.db", EFFECT_DATABASE},
    {"prusik backup prune many", EFFECT_FILES},
    {"prusik db status", EFFECT_NONE},
    {"prusik db upgrade", EFFECT_DATABASE},
    {"prusik run other.md", EFFECT_UNKNOWN},
    {"prusik", EFFECT_UNKNOWN},
    {"timeout 60 alembic upgrade head", EFFECT_DATABASE},
    {"timeout -k 5 60 pg_isready", EFFECT_NONE},
    {"env -u X A=1 B=2 systemctl stop shop", EFFECT_SERVICE},
    {"env", EFFECT_NONE},
    {"find . -name '*.log' | xargs -n 1 rm", EFFECT_FILES},
    {"command -v psql", EFFECT_NONE},
    {"env -- ls", EFFECT_NONE},
    {"bash -c", EFFECT_NONE},
    {"bash -c '; ls'", EFFECT_NONE},
    {"bash -c 'ls\nrm x'", EFFECT_UNKNOWN},
    {"bash -c 'ls 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 "
     "1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6'",
     EFFECT_UNKNOWN},
    {"docker exec --user shop web ls", EFFECT_NONE},
    {"flock -w 5 /run/lock make", EFFECT_CODE},
    {"watch -n 5 'docker-compose ps | wc -l'", EFFECT_NONE},
    {"nice -n 10 ionice -c 3 pg_dump shop", EFFECT_BACKUP},
    {"sudo -u postgres timeout 9 dropdb shop", EFFECT_DATABASE},
    {"bash -c 'systemctl stop shop && ls'", EFFECT_SERVICE},
    {"bash -lc \"alembic current; alembic history\"", EFFECT_NONE},
    {"su - postgres -c 'psql -c \"SELECT 1\"'", EFFECT_NONE},
    {"sh -c 'echo 1 > /etc/x'", EFFECT_FILES},
    {"sh -c 'echo 1 2>/dev/null >&2'", EFFECT_NONE},
    {"sh -c 'ls 2>errors'", EFFECT_FILES},
    {"sh -c '$(cat x)'", EFFECT_UNKNOWN},
    {"sh -c \"sh -c 'sh -c \\\"sh -c ls\\\"'\"", EFFECT_UNKNOWN},
    {"ssh web1 'sudo systemctl restart shop'", EFFECT_SERVICE},
    {"ssh web1 uptime", EFFECT_NONE},
    {"for h in a b; do ssh $h 'cd /srv && docker-compose stop'; done", EFFECT_SERVICE},
    {"for i in 1 2; do curl -f http://x/health && break; sleep 1; done", EFFECT_NONE},
    {"docker exec -it -u shop web psql -c 'SELECT 1'", EFFECT_NONE},
    {"docker exec web nginx -s reload", EFFECT_SERVICE},
    {"docker compose -f x.yml exec -T db pg_dump shop", EFFECT_BACKUP},
    {"docker compose up -d", EFFECT_SERVICE},
    {"docker-compose -f x.yml -p shop run --rm api python manage.py migrate", EFFECT_DATABASE},
    {"docker-compose run --rm api ./manage.py showmigrations", EFFECT_NONE},
    {"docker-compose run --rm api python manage.py migrate --plan", EFFECT_NONE},
    {"docker-compose run api", EFFECT_SERVICE},
    {"docker-compose pull", EFFECT_CODE},
    {"docker volume rm shop_data", EFFECT_UNKNOWN},
    {"docker image prune -f", EFFECT_UNKNOWN},
    {"kubectl exec -n shop db-0 -- psql -c 'DROP TABLE x'", EFFECT_DATABASE},
    {"kubectl exec db-0 -- ls", EFFECT_NONE},
    {"kubectl exec -it db-0 bash", EFFECT_SERVICE},
    {"kubectl rollout status deploy/shop", EFFECT_NONE},
    {"helm history shop", EFFECT_NONE},
    {"helm rollback shop 3", EFFECT_SERVICE},
    {"curl -sSf http://x/health", EFFECT_NONE},
    {"curl -XPOST http://x/drain", EFFECT_UNKNOWN},
    {"curl -X GET http://x", EFFECT_NONE},
    {"curl --request DELETE http://x", EFFECT_UNKNOWN},
    {"curl --request=HEAD http://x", EFFECT_NONE},
    {"curl -sfXPUT http://x", EFFECT_UNKNOWN},
    {"curl -so /dev/null -d a=1 http://x", EFFECT_UNKNOWN},
    {"curl -G -d a=1 http://x", EFFECT_NONE},
    {"curl -odata http://x", EFFECT_NONE},
    {"curl --data-binary @f http://x", EFFECT_UNKNOWN},
    {"aws ec2 describe-instances --filters x", EFFECT_NONE},
    {"aws s3 ls s3://x", EFFECT_NONE},
    {"aws s3 cp x s3://x", EFFECT_UNKNOWN},
    {"rabbitmqctl list_queues", EFFECT_NONE},
    {"terraform plan", EFFECT_NONE},
    {"terraform apply", EFFECT_UNKNOWN},
    {"bash deploy/smoke_tests.sh http://x", EFFECT_NONE},
    {"./scripts/check-health.sh", EFFECT_NONE},
    {"./verify_and_promote.sh", EFFECT_UNKNOWN},
    {"./deploy.sh --version 4.2.0 --env production", EFFECT_CODE},
    {"bash -e scripts/release-prod.sh", EFFECT_CODE},
    {"./deploy.sh --dry-run prod", EFFECT_NONE},
    {"./deploy.sh --version", EFFECT_NONE},
    {"shopctl status", EFFECT_NONE},
    {"shopctl -v queue list", EFFECT_NONE},
    {"shopctl order set status open", EFFECT_UNKNOWN},
    {"shopctl a b status", EFFECT_UNKNOWN},
    {"shopctl create-account --plan premium", EFFECT_UNKNOWN},
    {"redis-cli -h r1 -p 6380 CLIENT LIST", EFFECT_NONE},
    {"patronictl -c /etc/patroni.yml list", EFFECT_NONE},
    {"patronictl -c /etc/patroni.yml switchover --force", EFFECT_SERVICE},
    {"kafka-consumer-groups --bootstrap-server b --describe --group g", EFFECT_NONE},
    {"nodetool repair", EFFECT_UNKNOWN},
    {"redis-cli --bigkeys", EFFECT_NONE},
    {"redis-cli -h r1 DBSIZE", EFFECT_NONE},
    {"redis-cli CLIENT KILL TYPE normal", EFFECT_DATABASE},
    {"redis-cli SET mode info", EFFECT_DATABASE},
    {"valkey-cli FLUSHALL", EFFECT_DATABASE},
    {"redis-cli -h r1", EFFECT_UNKNOWN},
    {"redis-cli monitor | head -20", EFFECT_NONE},
    {"redis-cli -p 26379 SENTINEL masters", EFFECT_NONE},
    {"redis-cli -p 26379 SENTINEL FAILOVER shop", EFFECT_DATABASE},
    {"redis-cli MEMORY PURGE", EFFECT_DATABASE},
    {"redis-cli LATENCY RESET", EFFECT_DATABASE},
    {"./scripts/check-and-fix.sh", EFFECT_UNKNOWN},
    {"./tests/reload.sh", EFFECT_UNKNOWN},
    {"python -u tests/test_runner.py", EFFECT_NONE},
    {"python3 -m pytest tests", EFFECT_NONE},
    {"python -m http.server", EFFECT_UNKNOWN},
    {"bash deploy/rollback.sh", EFFECT_UNKNOWN},
    {"kill -0 $PID", EFFECT_NONE},
    {"kill $PID", EFFECT_SERVICE},
    {"psql -c \"SELECT pg_drop_replication_slot('x')\"", EFFECT_DATABASE},
    /* what stands in $( ) is carried out as well; what nobody knows is asked for what it prints */
    {"ID=$(curl -s -X POST https://shop/jobs -d '{}')", EFFECT_UNKNOWN},
    {"ID=$(curl -s https://shop/jobs)", EFFECT_STATE},
    {"TAG=$(shopctl current-tag)", EFFECT_STATE},
    {"JOB=$(./create_job.sh)", EFFECT_UNKNOWN},
    {"export NEW=$(git commit -am x)", EFFECT_CODE},
    {"echo \"$(systemctl stop shop)\"", EFFECT_SERVICE},
    {"for i in 1 2; do S=$(kubectl delete pod x | wc -l); done", EFFECT_SERVICE},
    {"diff <(ls a) <(rm b)", EFFECT_FILES},
    {"ID=$(cat <<E\nrm x\nE\n)", EFFECT_STATE},
    /* a text for an interpreter */
    {"python -c \"import fastapi; print(fastapi.__version__)\"", EFFECT_NONE},
    {"python3.11 -c 'import shop; print(len(shop.names()))'", EFFECT_UNKNOWN},
    {"python3 -c \"from app import db; db.create_all()\"", EFFECT_UNKNOWN},
    {"python3 -c \"print(f'{db.drop_all()}')\"", EFFECT_UNKNOWN},
    {"python3 -c \"print('db.drop_all()')\"", EFFECT_NONE},
    {"python3 -c \"import os; os.replace('a', 'b')\"", EFFECT_UNKNOWN},
    {"python3 -c \"import os; print(os.getenv('A'))\"", EFFECT_NONE},
    {"python3 -c \"cache.set('a', 1)\"", EFFECT_UNKNOWN},
    {"python3 -c \"print(set([1]))\"", EFFECT_NONE},
    {"python3 -c \"del shop['a']\"", EFFECT_UNKNOWN},
    {"python3 -c \"print(c.execute('SELECT count(*) FROM t').fetchone())\"", EFFECT_NONE},
    {"python3 -c \"c.execute(text('SELECT 1'))\"", EFFECT_NONE},
    {"python3 -c \"c.execute('DELETE FROM t')\"", EFFECT_UNKNOWN},
    {"python3 -c \"c.execute(\\\"SELECT * INTO b FROM t\\\")\"", EFFECT_UNKNOWN},
    {"python3 -c \"c.execute(sql)\"", EFFECT_UNKNOWN},
    {"python3 -c \"print(db.query(User).count())\"", EFFECT_NONE},
    {"python3 -c \"print(open('a').read())\"", EFFECT_NONE},
    {"python3 -c \"print(open('a', 'rb').read())\"", EFFECT_NONE},
    {"python3 -c \"open('a', 'w').close()\"", EFFECT_UNKNOWN},
    {"python3 -c \"if (a) and (b): print('x')\"", EFFECT_NONE},
    {"python3 -c \"$(cat x.py)\"", EFFECT_UNKNOWN},
    {"python3 -c", EFFECT_UNKNOWN},
    {"python3 -c \"print('a)\"", EFFECT_NONE}, /* it will not run at all */
    {"node -e \"console.log(require('./package.json').version)\"", EFFECT_NONE},
    {"node -e \"fs.writeFileSync('a', 'b')\"", EFFECT_UNKNOWN},
    {"python <<'E'\nimport app\nprint('loaded')\nE", EFFECT_NONE},
    {"python3 - <<'E'\napp.reset()\nE", EFFECT_UNKNOWN},
    {"python3 load.py - <<'E'\n1\nE", EFFECT_UNKNOWN},
    {"python -m pip install x", EFFECT_CODE},
    {"python3 -m alembic upgrade head", EFFECT_DATABASE},
    {"python3 -m py_compile a.py", EFFECT_NONE},
    {"python3 -m venv venv", EFFECT_FILES},
    {"python3 -m", EFFECT_UNKNOWN},
};

T(the_worst_part_of_a_command_decides_what_it_changes)
{
    CLEANUP(arena_release) struct arena arena = {0};

    for (size_t i = 0; i < ARRAY_LEN(effect_cases); i++) {
        struct shell_script s = split(sv_from(effect_cases[i].text), &arena);

        if (effect_of(&s.v[0]) != effect_cases[i].effect)
            T_FAIL("'%s' has the effect %s", effect_cases[i].text,
                   command_effect_name(effect_of(&s.v[0])));
    }
}

T(sql_looks_copies_or_changes)
{
    static const struct {
        const char *sql;
        enum command_effect effect;
    } rows[] = {
        {"SELECT 1", EFFECT_NONE},
        {"  explain select 1", EFFECT_NONE},
        {"\"SHOW all\"", EFFECT_NONE},
        {"\\dt", EFFECT_NONE},
        {"PRAGMA x", EFFECT_NONE},
        {".backup x", EFFECT_BACKUP},
        {"'VACUUM INTO x'", EFFECT_BACKUP},
        {"UPDATE x SET y = 1", EFFECT_DATABASE},
        {"", EFFECT_DATABASE},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        T_EQ(effect_of_sql(sv_from(rows[i].sql)), rows[i].effect);
}

T(a_second_run_does_harm_or_not)
{
    static const struct {
        const char *text;
        bool repeats;
        const char *why;
    } rows[] = {
        {"ls", true, "it changes nothing"},
        {"bash smoke_test.sh", false, "it changes nothing"},
        {"shopctl status", false, "it changes nothing"}, /* who knows what else it does */
        {"redis-cli ping", true, "it changes nothing"},
        {"ID=$(curl -X POST https://shop/jobs)", false, NULL},
        {"ID=$(curl https://shop/jobs)", true, "it changes nothing"},
        {"echo $(pip install x)", true, "pip install makes what is missing"},
        {"python3 -c 'import app; print(1)'", false,
         "it changes nothing"}, /* what does the import do? */
        {"redis-cli incr x", false, NULL},
        {"./deploy.sh", false, NULL},
        {"cd x", true, "it changes nothing"},
        {"pg_dump -f x shop", true, "the copy is made anew"},
        {"git pull", true, "git pull brings the same commit"},
        {"sudo systemctl restart shop", true, "systemctl brings the unit into the same state"},
        {"mkdir -p x", true, "a folder that exists is no error"},
        {"mkdir x", false, NULL},
        {"ls && npm ci", true, "npm ci makes it anew"},
        {"./app migrate up", true, "migrations that were applied are not applied again"},
        {"./app migrate", false, NULL},
        {"echo A=1 >> .env", false, NULL},
        {"shopctl purge", false, NULL},
        {"npm ci && shopctl purge", false, NULL},
        {"prusik flag set X on --why x", true, "the flag is set to the same again"},
        {"prusik flag unkill X --why x", false, NULL},
        {"prusik backup create app.db", true, "the copy is made anew"},
        {"prusik snapshot deals", false, NULL},
        {"prusik audit deals", true, "it changes nothing"},
    };
    CLEANUP(arena_release) struct arena arena = {0};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct shell_script s = split(sv_from(rows[i].text), &arena);
        const char *why;

        if (effect_repeats(&s.v[0], effect_of(&s.v[0]), &why) != rows[i].repeats)
            T_FAIL("'%s'", rows[i].text);
        if (rows[i].why)
            T_STR(why, rows[i].why);
    }
}

T(every_kind_has_a_name_of_its_own)
{
    for (int i = 0; i < COMMAND__N; i++)
        for (int k = 0; k < i; k++)
            T_CHECK(strcmp(command_form_name((enum command_form)i),
                           command_form_name((enum command_form)k)) != 0);
    for (int i = 0; i < EFFECT__N; i++)
        T_CHECK(command_effect_name((enum command_effect)i)[0]);
    for (int i = 0; i < SERVICE__N; i++)
        T_CHECK(service_verb_name((enum service_verb)i)[0]);
}

T(a_command_is_known_to_print_one_value_or_its_version)
{
    static const struct {
        const char *text;
        bool value, version, lists;
    } rows[] = {
        {"docker inspect -f '{{.State.Status}}' web", true, false, false},
        {"docker inspect web", false, false, false},
        {"docker ps -f name=web", false, false, false},
        {"systemctl is-enabled web", true, false, false},
        {"git describe --tags", true, false, false},
        {"psql -h db -At -c 'SELECT 1'", true, false, false},
        {"curl -s http://shop | jq -r .state", true, false, false},
        {"psql --version", false, true, false},
        {"/usr/bin/java -version", false, true, false},
        {"tail -version", false, false, false},
        {"ls -lh data/snapshot.json", false, false, true},
        {"ls -lh", false, false, false},
        {"ls a b", false, false, false},
        {"ls *.json", false, false, false},
        {"ls a | wc -l", false, false, false},
        {"stat data/snapshot.json", false, false, true},
    };
    CLEANUP(arena_release) struct arena arena = {0};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct command c = read_one(rows[i].text, &arena);

        if (c.cx.one_value != rows[i].value || c.cx.version != rows[i].version ||
            c.cx.lists_one != rows[i].lists)
            T_FAIL("%s: %d %d %d", rows[i].text, c.cx.one_value, c.cx.version, c.cx.lists_one);
    }
}

T(options_of_curl_may_stand_together)
{
    CLEANUP(arena_release) struct arena arena = {0};
    struct command c = read_one("curl -sIL https://shop", &arena);

    T_EQ(c.form, COMMAND_HTTP);
    T_SV(c.method, "HEAD");
    T_CHECK(c.follow && !c.fail_on_status);
    T_CHECK(read_one("curl -gf https://shop", &arena).fail_on_status);
    T_EQ(read_one("curl -si https://shop", &arena).form, COMMAND_SHELL); /* shows headers, too */
    T_EQ(read_one("curl - https://shop", &arena).form, COMMAND_SHELL);
}

T(a_command_on_another_host_keeps_its_words_when_its_output_goes_into_a_file)
{
    CLEANUP(arena_release) struct arena arena = {0};
    struct command c = read_one("ssh web1 df > here.txt", &arena);

    T_EQ(c.form, COMMAND_REMOTE);
    T_CHECK(c.simple && c.simple->n_words == 3);
    T_SV(c.target->raw, "web1");
}

T_MAIN(T_CASE(a_command_on_another_host_keeps_its_words_when_its_output_goes_into_a_file),
       T_CASE(a_block_is_split_into_commands_and_comments), T_CASE(items_know_where_they_stand),
       T_CASE(the_words_of_a_command_are_what_the_program_gets),
       T_CASE(simple_commands_know_their_pipe_and_their_nesting),
       T_CASE(what_the_grammar_does_not_take_is_said_with_its_line),
       T_CASE(a_block_that_is_too_long_is_not_split),
       T_CASE(deep_nesting_is_not_followed_without_end),
       T_CASE(commands_that_are_known_are_understood_whole),
       T_CASE(the_parts_of_a_request_are_known), T_CASE(the_parts_of_other_commands_are_known),
       T_CASE(files_that_a_command_makes_are_known),
       T_CASE(the_worst_part_of_a_command_decides_what_it_changes),
       T_CASE(sql_looks_copies_or_changes), T_CASE(a_second_run_does_harm_or_not),
       T_CASE(every_kind_has_a_name_of_its_own),
       T_CASE(a_command_is_known_to_print_one_value_or_its_version),
       T_CASE(options_of_curl_may_stand_together))
