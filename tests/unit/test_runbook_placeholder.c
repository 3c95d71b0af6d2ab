#include "runbook/placeholder.h"

#include "runbook_read.h"

static const struct {
    const char *text;
    bool is_template;
    enum placeholder_kind kind;
    const char *raw, *name; /* NULL: none */
} blanks[] = {
    {"ssh <host>", false, PLACEHOLDER_ANGLE, "<host>", "host"},
    {"git checkout <Previous Commit-Hash>", false, PLACEHOLDER_ANGLE, "<Previous Commit-Hash>",
     "previous_commit_hash"},
    {"SELECT kill(<pid>)", false, PLACEHOLDER_ANGLE, "<pid>", "pid"},
    {"x $(<file >y)", false, 0, NULL, NULL},
    {"tag vX.Y.Z now", false, PLACEHOLDER_WORD, "X.Y.Z", "x_y_z"},
    {"https://x.y.z/X.Y.Zoo", false, 0, NULL, NULL},
    {"if [ $a < 3 ] && [ 4 > $b ]", false, 0, NULL, NULL},
    {"cat <<EOF>x", false, 0, NULL, NULL},
    {"diff <(ls) >x", false, 0, NULL, NULL},
    {"sort < in > out", false, 0, NULL, NULL},
    {"echo <1st>", false, 0, NULL, NULL},
    {"echo <a\nb>", false, 0, NULL, NULL},
    {"curl /deals/[DEAL_ID]", false, PLACEHOLDER_SQUARE, "[DEAL_ID]", "deal_id"},
    {"grep [A-Z] file", false, 0, NULL, NULL},
    {"grep [ERROR] file", false, 0, NULL, NULL},
    {"[[ABC]]", false, 0, NULL, NULL},
    {"\\[ABC]", false, 0, NULL, NULL},
    {"[README](x)", false, 0, NULL, NULL},
    {"[some words]", false, 0, NULL, NULL},
    {"[some words]", true, PLACEHOLDER_SQUARE, "[some words]", "some_words"},
    {"<name->", false, PLACEHOLDER_ANGLE, "<name->", "name"},
    {"[--]", true, 0, NULL, NULL},
    {"[x]", true, 0, NULL, NULL},
    {"curl https://shop/flows/{id}", false, PLACEHOLDER_BRACE, "{id}", "id"},
    {"echo {flow_id}", false, PLACEHOLDER_BRACE, "{flow_id}", "flow_id"},
    {"awk '{print}'", false, 0, NULL, NULL},
    {"echo ${flow_id}", false, 0, NULL, NULL},
    {"curl -w %{http_code}", false, 0, NULL, NULL},
    {"echo {1_a}", false, 0, NULL, NULL},
    {"cp shop.db shop_TIMESTAMP.db", false, PLACEHOLDER_WORD, "TIMESTAMP", "timestamp"},
    {"cp a \"b_${BACKUP_TIMESTAMP}.db\"", false, 0, NULL, NULL},
    {"BACKUP_TIMESTAMP=$(date)", false, 0, NULL, NULL},
    {"echo MYTIMESTAMP", false, 0, NULL, NULL},
    {"echo TIMESTAMPS", false, 0, NULL, NULL},
    {"echo TIMESTAMP2", false, 0, NULL, NULL},
    {"./run {{BACKUP_COMMAND}}", false, PLACEHOLDER_BRACE, "{{BACKUP_COMMAND}}", "backup_command"},
    {"journalctl -u {{ service name }}", false, PLACEHOLDER_BRACE, "{{ service name }}",
     "service_name"},
    {"docker ps --format '{{.Names}}'", false, 0, NULL, NULL},
    {"docker inspect -f '{{json .State}}' x", false, 0, NULL, NULL},
    {"kubectl get pods -o go-template='{{range .items}}{{.name}}{{end}}'", false, 0, NULL, NULL},
    {"ansible all -m debug \\\n  -a \"msg={{ inventory_hostname }}\"", false, 0, NULL, NULL},
    {"curl -d '{\"text\": \"Hi {{user}}\"}' http://x", false, 0, NULL, NULL},
    {"kubectl get x -o go-template='{{range .items}}{{println}}{{end}}'", false, 0, NULL, NULL},
    {"ssh web1 \"rm -rf /data/{{cluster}}\"", false, PLACEHOLDER_BRACE, "{{cluster}}", "cluster"},
    {"echo \"it's\" {{name}}", false, PLACEHOLDER_BRACE, "{{name}}", "name"},
    {"cp {{tmpl}} app.j2", false, PLACEHOLDER_BRACE, "{{tmpl}}", "tmpl"},
    {"cat > app.j2 <<EOF\nhost = {{ db_host }}\nEOF", false, 0, NULL, NULL},
    {"gunzip dump-YYYYMMDD-SHOP.sql.gz", false, PLACEHOLDER_WORD, "YYYYMMDD", "yyyymmdd"},
    {"rm -rf /backup/YYYY-MM-DD-MASTER", false, PLACEHOLDER_WORD, "YYYY-MM-DD", "yyyy_mm_dd"},
    {"./x --date=YYYY-MM-DD", false, PLACEHOLDER_WORD, "YYYY-MM-DD", "yyyy_mm_dd"},
    {"aws rds --restore-time YYYY-MM-DDTHH:MM:SSZ", false, PLACEHOLDER_WORD, "YYYY-MM-DDTHH:MM:SSZ",
     "yyyy_mm_ddthh_mm_ssz"},
    {"psql -c \"select to_char(now(), 'YYYYMM')\"", false, 0, NULL, NULL},
    {"node -e \"moment().format('YYYY-MM-DD_HH-mm')\"", false, 0, NULL, NULL},
    {"logstash \"/x-%{+YYYY-MM-dd}.log\"", false, 0, NULL, NULL},
    {"echo ${{ github_sha }} {{{x}}} {{a", false, 0, NULL, NULL},
    {"echo {{1a}} {{a} b", false, 0, NULL, NULL},
    {"gunzip shop-YYYYMMDDHHMMSS.sql.gz", false, PLACEHOLDER_WORD, "YYYYMMDDHHMMSS",
     "yyyymmddhhmmss"},
    {"ls shop_YYYY-MM-DD.sql", false, PLACEHOLDER_WORD, "YYYY-MM-DD", "yyyy_mm_dd"},
    {"ls YYYY-MM-DD_HH-MM/x", false, PLACEHOLDER_WORD, "YYYY-MM-DD_HH-MM", "yyyy_mm_dd_hh_mm"},
    {"pg_restore portal_JJJJMMTT.dump", false, PLACEHOLDER_WORD, "JJJJMMTT", "jjjjmmtt"},
    {"ls YYYYMMDD_HHMMSS", false, PLACEHOLDER_WORD, "YYYYMMDD_HHMMSS", "yyyymmdd_hhmmss"},
    {"psql -c \"SELECT to_char(now(), 'YYYY-MM-DD')\"", false, 0, NULL, NULL},
    {"echo $YYYYMMDD YYYYMMDDX YYYY-MM-DD1 aYYYYMM", false, 0, NULL, NULL},
    {"PASSWORD=CHANGEME", false, PLACEHOLDER_WORD, "CHANGEME", "changeme"},
    {"TOKEN=YOUR_API_TOKEN", false, PLACEHOLDER_WORD, "YOUR_API_TOKEN", "your_api_token"},
    {"echo YOUR_", false, 0, NULL, NULL},
    {"curl https://your-domain.com/x", false, PLACEHOLDER_EXAMPLE, "your-domain.com",
     "your_domain_com"},
    {"curl https://not-your-domain.com/x", false, 0, NULL, NULL},
    {"TOKEN=\"your_jwt_token_here\"", false, PLACEHOLDER_EXAMPLE, "your_jwt_token_here",
     "your_jwt_token_here"},
    {"git clone https://git.example/your-org/shop.git", false, PLACEHOLDER_EXAMPLE, "your-org",
     "your_org"},
    {"psql -U app:changeme@db", false, PLACEHOLDER_EXAMPLE, "changeme", "changeme"},
    {"echo $your_token", false, 0, NULL, NULL},
    {"set -e\nVERSION=\"$1\"\n", false, PLACEHOLDER_WORD, "$1", "version"},
    {"VERSION=${1}", false, PLACEHOLDER_WORD, "${1}", "version"},
    {"curl https://hooks.example/services/YOUR/WEBHOOK/URL", false, PLACEHOLDER_EXAMPLE,
     "YOUR/WEBHOOK/URL", "your_webhook_url"},
    {"git tag v1.x.x", false, PLACEHOLDER_WORD, "v1.x.x", "v1_x_x"},
    {"git checkout v4.x", false, 0, NULL, NULL},
    {"git checkout 1.2.x", false, 0, NULL, NULL},
    {"git checkout v1.x.x.1 v1.x.xy vim", false, 0, NULL, NULL},
    {"VERSION=$2", false, PLACEHOLDER_WORD, "$2", "version"},
    {"VERSION=${1:-4.2}", false, 0, NULL, NULL},
    {"f() {\n  VERSION=$1\n}", false, 0, NULL, NULL},
    {"local VERSION=$1", false, 0, NULL, NULL},
    {"VERSION=$10", false, 0, NULL, NULL},
    {"VERSION=$0", false, 0, NULL, NULL},
    {"awk '{print $1}'", false, 0, NULL, NULL},
    {"=$1", false, 0, NULL, NULL},
    {"your_token=1", false, 0, NULL, NULL},
    {"your- own", false, 0, NULL, NULL},
    {"changeme.sh exchangeme changeme2", false, PLACEHOLDER_EXAMPLE, "changeme", "changeme"},
    {"cd /path/to/app-1.x now", false, PLACEHOLDER_EXAMPLE, "/path/to/app-1.x", "path_to_app_1_x"},
    {"cd /pathto/app", false, 0, NULL, NULL},
    {"x_$(date +%Y%m%d).sql", false, PLACEHOLDER_DATE, "$(date +%Y%m%d)", "+%Y%m%d"},
    {"x_`date -u '+%F %T'`", false, PLACEHOLDER_DATE, "`date -u '+%F %T'`", "-u +%F %T"},
    {"x_$(date +\"%F\")", false, PLACEHOLDER_DATE, "$(date +\"%F\")", "+%F"},
    /* what stands behind the format makes something else of it */
    {"$(date +%Y | wc -c)", false, 0, NULL, NULL},
    {"$(date +%F -d yesterday)", false, 0, NULL, NULL},
    {"$(date +\"%F\" -d \"1 day ago\")", false, 0, NULL, NULL},
    {"$(date '+%F' | tr -d '-')", false, 0, NULL, NULL},
    {"$(date +%F; true)", false, 0, NULL, NULL},
    {"$(date +%d\\ %m)", false, 0, NULL, NULL},
    {"$(date)", false, 0, NULL, NULL},
    {"$(date -d yesterday +%F)", false, 0, NULL, NULL},
    {"$(date +$FORMAT)", false, 0, NULL, NULL},
    {"$(date +%F", false, 0, NULL, NULL},
    {"$(ls)", false, 0, NULL, NULL},
    {"<---->", false, 0, NULL, NULL},
    {"", false, 0, NULL, NULL},
};

T(what_is_left_to_be_filled_in_is_found_with_its_name)
{
    CLEANUP(arena_release) struct arena arena = {0};

    for (size_t i = 0; i < ARRAY_LEN(blanks); i++) {
        struct placeholders ph;

        placeholder_find(sv_from(blanks[i].text), blanks[i].is_template, NULL, &arena, &ph);
        if (ph.n != (blanks[i].raw != NULL))
            T_FAIL("'%s': %zu found", blanks[i].text, ph.n);
        if (!ph.n)
            continue;
        SAME(ph.v[0].raw, blanks[i].raw);
        SAME(ph.v[0].name, blanks[i].name);
        T_EQ(ph.v[0].kind, blanks[i].kind);
        T_EQ(ph.v[0].to - ph.v[0].from, strlen(blanks[i].raw));
    }
}

T(the_mask_has_the_same_length_and_only_words)
{
    CLEANUP(arena_release) struct arena arena = {0};
    struct sv text = SV("scp <file> web1:/path/to/x && ls\n");
    struct placeholders ph;

    placeholder_find(text, false, NULL, &arena, &ph);
    T_EQ(ph.n, 2);
    T_SV(placeholder_mask(text, &ph, &arena), "scp xxxxxx web1:xxxxxxxxxx && ls\n");
    T_SV(text, "scp <file> web1:/path/to/x && ls\n");
    placeholder_find(SV("ls"), false, NULL, &arena, &ph);
    T_SV(placeholder_mask(SV("ls"), &ph, &arena), "ls");
}

T_MAIN(T_CASE(what_is_left_to_be_filled_in_is_found_with_its_name),
       T_CASE(the_mask_has_the_same_length_and_only_words))
