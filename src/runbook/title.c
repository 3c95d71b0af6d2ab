#include "runbook/title.h"

#include "base/duration.h"
#include "base/regex.h"
#include "base/sv.h"
#include "base/text.h"
#include "base/vec.h"
#include "runbook/told_verb.h"

/* Where a lost state comes back from a copy: for the case that it is lost. */
#define TITLE_SAFETY "^(?:[a-z]+ ){0,2}(?:safety|ground|golden|cardinal) rules$"
#define TITLE_RESTORE                                                                                                                            \
    "\\brestor(?:e|ing|ation) (?:plan|procedures?|process|steps|instructions|from (?:an? |the )?"                                                \
    "(?:[a-z]+ )?(?:backup|snapshot|dump)s?)\\b|^(?:(?:data|database|db|backup|full) )?"                                                         \
    "restor(?:e|ation)$|^disaster recovery|^restor(?:e|ing) (?:from )?(?:the |an? |of the )?(?:old |last |latest )?(?:snapshot|backup|dump)s?$|" \
    "^(?:(?:data|database|backup|emergency) )?recovery(?: plan| procedures?| steps)?$"

/* "What must not happen": what stands below it is no sentence, and no task. */
#define TITLE_FORBIDS                                                                                         \
    "^(?:what|things|actions|commands)(?: that)? (?:(?:must|should|may|can)(?: not|n['’]t| never)|cannot) " \
    "(?:be |ever |happen|run|do)"

/* "Common patterns" and "Rollback template", but not "Update the e-mail templates", which is something to do. */
#define TITLE_SHOWN                                                                                 \
    "^(?!(?:add|apply|build|copy|create|deploy|delete|disable|edit|enable|import|install|"          \
    "load|migrate|move|publish|push|refresh|register|reload|remove|render|replace|restart|restore|" \
    "roll ?out|run|start|stop|switch|sync|update|upgrade|upload)\\b).*"

/*
 * Roles by the words of a heading, first match wins: what decides or talks about a rollback is not a
 * rollback, and a reference is not a procedure, whatever else its title says.
 */
static const struct {
    enum rb_role role;
    const char *pattern;
} title_roles
    [] =
        {
            {ROLE_NONE, "^alert(?:s|name)?: "}, /* what the document is about */
            {ROLE_REFERENCE, TITLE_FORBIDS},
            {ROLE_REFERENCE,
             "^(?:do not|don['’]ts?|never)\\b(?! forget)(?!.*\\b(?:until|unless|before)\\b)|^(?:things |what )(?:you should )?(?:not to|never to|to avoid|to never)\\b|"
             "^(?:forbidden|prohibited|banned)\\b|\\b(?:forbidden|prohibited|banned) (?:commands?|operations?|actions?)|"
             "^(?:wrong|bad|right|good|do(?:['’]?s)?|don['’]?ts?)(?: ?/ ?| and | & | vs\\.? )(?:wrong|bad|right|good|do(?:['’]?s)?|don['’]?ts?)$|"
             "^(?:bad|wrong|incorrect)(?: (?:ways?|examples?|approach|practices?|usage))?$|"
             "絶対禁止|禁止(?:事項|操作|コマンド)|(?:やっては|して)(?:いけない|ならない)|禁止操作|严禁|^verboten|^niemals"},
            {ROLE_DECIDE,
             "no[- ]go\\b|blocking conditions|(?:stop|abort) (?:criteria|conditions)|decision (matrix|tree|table|guide)|^decide\\b|when to (roll|abort|fail)|deploy\\? or|"
             "go ?/ ?no[- ]?go|roll ?back (criteria|triggers?|polic(?:y|ies))|entscheidungs|判断|" TITLE_REASONS},
            {ROLE_SIGN_OFF,
             "sign[ -]?offs?\\b|approval signatures|^signatures?$|^approvals?$|^freigaben?$|^validation finale|approbations?$|^aprobaci|承認|审批|批准|签字|签署"},
            {ROLE_COMMUNICATE,
             "communicat|notification template|announcement|message templates?|"
             "status update|kommunikation|^communication|comunicaci|通知模板|連絡文|お知らせ"},
            {ROLE_FOLLOW_UP,
             "post[ -]?(deployment|release|migration|upgrade|maintenance)[ -](tasks?|review|activities|"
             "actions|work)|follow[- ]?ups?\\b|retrospective|post[- ]?mortem|lessons learned|"
             "after[- ]action|celebrat|knowledge base|pain points|planned improvements|\\brunbook (?:evolution|history|feedback)|^(?:release|deployment) (?:history|log)\\b|"
             "^next steps$|^prevention$|^afterwards?$|^after the (release|deployment|upgrade|migration)|nacharbeit|nachbereitung|actions? ultérieures?|后续|复盘|振り返り|フォローアップ"},
            {ROLE_REFERENCE,
             "^supported versions?$|^mental model$|^symptoms?$|idempoten|\\bguarantees?$|problem statement|^files? (created|modified|changed)|"
             "(migration|deployment|rollout|release) strategy|^dependencies$|"
             "estimated (effort|time|duration)|overview|summary|table of contents|\\bcontacts?\\b|who to (call|contact|page)|related doc|appendix|"
             "\\breferences?\\b|glossary|revision history|change ?log|background|"
             "^purpose|^scope\\b|architecture( overview| diagram)?$|\\btimeline\\b|risk assessment|objectives?$|goals?$|(directory|folder|file) (layout|structure)$|(regular|routine|ongoing) maintenance|"
             "(?:canonical|common|useful|handy|helpful|quick|key|basic|operation|frequent)(?: [a-z]+)? commands$|cheat ?sheet|" TITLE_SAFETY
             "|(?:(?<=\\w )notes|standards?|polic(?:y|ies)|guidelines|conventions|best practices|principles)$|^tl;?dr|^when to use|^see also|^further reading|^context$|^escalation|^related\\b|^(?:useful )?links$|^resources$|^introduction|^about\\b|terminology|^inhalt|übersicht|^records?$|^what (?:this|it) (?:does|is|covers)|" TITLE_SHOWN
             "(?:\\b(?:anti-?)?patterns$|\\bexamples?$|\\btemplates?$)|^(?:anti-?)?pattern [0-9]|^examples?\\b|"
             "\\bconsiderations?$|complexity matrix|"
             "^test(?:ing)? (?:framework|coverage)|^présentation|^vue d.ensemble|^annexe|^objectif|"
             "^resumen|^contactos|概述|简介|背景|联系人|联系方式|附录|kontakte?$|概要|連絡先|参考|目次"},
            {ROLE_PREFLIGHT,
             "roll ?back (?:preparation|readiness|prerequisites|rehearsal|tests?|testing|drill)\\b"},
            {ROLE_ROLLBACK, TITLE_RESTORE},
            {ROLE_ROLLBACK,
             "roll(ing)?[ -]?back|back(ing)?[ -]?out|\\brevert|way back|fall[ -]?back( plan|$)|"
             "^undo|^plan b$|^going back\\b|^(?:go )?back$|^zurück(?: (?:zu|auf|zum|zur) .*)?$|\\bget (?:me|us|it|things|everything) back\\b|^downgrad(?:e|ing)\\b|^em caso de (?:falha|erro|problema)|^en cas d(?:e |['’] ?|u )(?:échec|erreur|problème|souci)|"
             "^en caso de (?:fallo|error|problema)|^si algo (?:falla|sale mal)|^se (?:algo )?(?:falhar|der errado|correr mal)|^(?:wenn|falls) (?:etwas|es|was) schief|^если что-то (?:пошло|идёт|идет) не так|^w razie (?:problem|błęd)|^kill[ -]?switch(?:es)?$|^abort(?:ing)?(?: (?:procedure|plan|steps))?$|marcha atrás|marche arrière|^revers[ãa]o|^reverter|voltar atrás|ripristino|terugdraai|wycofan|återställ|tilbakerull|откат|롤백|^abbruch(?:plan)?$|in case of (problems?|failure|trouble|errors?|emergency)|contingency|fail(ing|over)?[ -]?back|switch(ing)?[ -]?back|"
             "^if (it|something|anything|things) (fails?|goes|go) ?(wrong)?|^(?:something|anything|things?|it) (?:went|goes|go|gone) (?:wrong|bad|south)\\b|"
             "retour (?:en )?arrière|restauration|reversi[óo]n|^reversa\\b|vuelta atrás|volver atrás|回滚|回退|zurückroll|rückfall|rückweg|^bei (?:einem )?(?:fehlern?|problemen?|störung(?:en)?|abbruch)\\b|^im (?:fehler|stör(?:ungs)?|not)fall\\b|ロールバック|切り戻し"},
            {ROLE_TROUBLESHOOT,
             "^emergency (?:procedures?|actions?|response|handling|operations?|runbooks?|scenarios?)$|\\boutages?$|"
             "^incident (?:response|handling|management)|\\bcorruption(?: detected)?$|"
             "^recover(?:y|ing)? from (?:an? |the )?(?:fail|error|problem|bad |broken|crash)|"
             "troubleshoot|^(?:typical |possible |potential )?problems?(?:$| (?:with|and|during|when|after)\\b)|known (issues|problems)|common (issues|problems|errors|failures|causes)|^(?:possible|likely|known) causes|error messages|^issue\\b|"
             "\\bfaq\\b|^(?:emergency |technical |customer )?support$|^(?:getting |need )?help\\??$|fehlerbehebung|problembehebung|dépannage|(?:solución|resolución) de (?:problemas|errores)|(?:solução|resolução) de problemas|problemas (?:comunes|conocidos|comuns|conhecidos)|"
             "problèmes (?:connus|courants|fréquents)|bekannte (?:probleme|fehler)|rozwiązywanie problemów|(?:znane|typowe|możliwe) problemy|(?:возможные|известные|типичные|частые) (?:проблемы|ошибки)|"
             "(?:устранение|решение) (?:неполадок|проблем|неисправностей)|문제 ?해결|장애 ?(?:대응|조치)|자주 (?:묻는|발생하는)|故障排查|故障处理|常见问题|トラブル|よくある(?:質問|問題)|^(?:oops|uh[- ]oh|oh no)\\b"},
            {ROLE_MONITOR,
             "monitor|metrics|keep an eye|^(?:watch|observe|soak|bake)\\b|hyper ?care|\\balert|log (queries|locations|patterns)|observab|"
             "überwach|surveillance|supervision|monitorización|监控|監視|モニタ"},
            {ROLE_PREFLIGHT,
             "pre[ -]?(change|deploy|flight|check|condition|release|requisite|migration|upgrade|cut ?over|"
             "maintenance|work)|prerequisit|before (you|we) (begin|start|go|deploy)|\\b(before|prior to) the (upgrade|deployment|migration|"
             "release|cut ?over|change|update|switch)|^(one|an?|[0-9]+) (day|week)s? before|"
             "^requirements?$|what you(?:.ll| will)? need|readiness|^prepar(e|ing)\\b|diagnos|investigat|\\btriage|"
             "\\bpreparation|^dry[ -]?run|vorbereitung|voraussetzung|vorabprüfung|pré[ -]?requis|préparation|avant de commencer|^avant (?:la |le |l['’]|les |toute |mep\\b)|^antes (?:de |do |da |del )|^vor (?:der|dem|beginn)\\b|^przed |^przygotowan|^prima (?:di|del)|pré-?requisitos|requisitos|preparación|准备|前提|先决条件|检查清单|事前|前提"},
            {ROLE_VERIFY,
             "success criteria|exit criteria|verif|validat|post[ -]?(change|deploy|release|upgrade|migration)|smoke test|^test plan|^tests?$|\\bchecks?$|^after (deploy|releas|upgrad|migrat)ing|"
             "health check|acceptance|(minute|hour|day)s? checks?|immediate checks?|"
             "vérif|contrôles?$|verificaci|comprobaci|验证|校验|检查|überprüf|nachkontrolle|prüfung|確認|検証"},
            {ROLE_DEPLOY,
             "deploy|roll ?out|release|upgrad|migrat|cut ?over|procedure|\\bsteps?$|^phase\\b|"
             "^stage\\b|install|\\bset[- ]?up$|^environment configuration$|^configur(?:e|ing)\\b|runbook|sequence|rotation|fail[ -]?over|switch[ -]?over|implementation|"
             "resolution|mitigat|remediat|patching|durchführung|"
             "déploie|mise en (?:production|service)|installation|mise à jour|bascule|despliegue|instalaci|actualizaci|部署|上线|发布|升级|迁移|操作步骤|bereitstellung|ausrollen|umstellung|einspielen|デプロイ|リリース|手順|実施|切替"},
            {ROLE_PREFLIGHT, "checklist|checkliste|チェックリスト"},
};

enum title_pattern {
    TITLE_NUMBERED, /* "Phase 1: x", "Step 1.1: x", "0.1 x", "3. x", "手順1 x" */
    TITLE_OFFSET,   /* "15-Minute Checks" */
    TITLE_T_PLUS,   /* "T+5 min" */
    TITLE_APPROVAL,
    TITLE_CONDITION,
    TITLE_RARE,    /* "(emergency only)": what is told with the title */
    TITLE_AT_END,  /* "Full restart if the canary fails" */
    TITLE_NOT_NOW, /* "Future: automated failover" */
    TITLE_GOES,    /* "Uninstall" */
    TITLE_INVERSE, /* "Start/stop the service": nobody wants both */
    TITLE_DRILL,
    TITLE_CANCEL,     /* "Canceling an upgrade" */
    TITLE_INSTALL,    /* "Installation" ... */
    TITLE_UPGRADE,    /* ... and "Upgrade" of the same thing */
    TITLE_SENTENCE,   /* "Only if ...", "Use only if ..." */
    TITLE_NOT_BEFORE, /* "(30 days later)" */
    TITLE_DUE,        /* "Within 24 Hours" */
    TITLE_ROLLS_BACK, /* "Rollback the code" */
    TITLE_WAY_BACK,   /* "Full Rollback Procedure" */
    TITLE_RUN,        /* "Now run ..." */
    TITLE_BARE,       /* "3 Change" */
    TITLE_RESTORES,   /* "Restore Plan" */
    TITLE_TESTS_ONLY, /* "(staging only)" */
    TITLE_FIRST,      /* "First Deployment" */
    TITLE_STAGE,      /* "Deploy to staging" */
    TITLE_STAGE_OF,   /* "Staging deployment" */
    TITLE_LATER,      /* "Version Upgrade" */
    TITLE_LOCAL,      /* "Local Development" */
    TITLE_IN_STAGE,   /* "SQLite (Development)" */
    TITLE_OF_LOSS,    /* "Disaster Recovery Runbook" */
    TITLE_CHECKLIST,  /* "Pre-Flight Checklist" */
    TITLE_GATE,       /* "Go/No-Go Decision" */
    TITLE_DAY,        /* "Day 2-7", "Week 1 after the release" */
    TITLE_RULES,      /* "Critical Safety Rules" */
    TITLE_USE_CASE,   /* "For testing with a part of the users" */
    TITLE_NOT_THIS,   /* "What must not happen" */
    TITLE_CASE,       /* "If a node does not come up", "It is /var/log" */
    TITLE_ASKS,       /* "Peers do not come back?" */
    TITLE_OFTEN,      /* "Weekly", "every 2nd Friday" */
    TITLE_SYMPTOM,    /* "A host doesn't come back" */
    TITLE_TROUBLED,   /* "Replication lag grows": beside another like it */
    TITLE__N
};

/* It becomes a part of ids, so it has an end: eight numbers of five digits. */
#define TITLE_NUMBER(least) "[0-9]{1,5}(?:\\.[0-9]{1,5}){" least ",7}"

static const char *const title_patterns[] = {
    [TITLE_NUMBERED] =
        ("^(?:(phase|step|stage|part|scenario|case|schritt|stufe|task|option|variant|variante|method|"
         "migration|étape|paso|passo|步骤|步驟|手順|ステップ|フェーズ|第)[ -]*#?"
         "(" TITLE_NUMBER(
             "0") "|(?<=[ -])[a-z](?= ?[-–—:.)]|$))"
                  "(?: of [0-9]+|步|段階)?[.):：]?(?:[ ]*[-–—:]+)?|"
                  "((?:[a-z]\\.)?" TITLE_NUMBER(
                      "1") "|[a-z]\\.[0-9]{1,3})[.):：]?|"
                           "\\(?([0-9]{1,3})[.):：]|([0-9])(?:\xef\xb8\x8f)?\xe2\x83\xa3)(?:[ ]+|$|(?<=：))"),
    [TITLE_OFFSET] =
        "^([0-9]+)[ -](minute|hour|day|min)s?[ -](?:post-deployment )?(?:checks?|review|mark)\\b",
    [TITLE_T_PLUS] =
        "^T ?\\+ ?([0-9]+) ?(s|sec|seconds?|m|min|minutes?|h|hours?|d|days?|w|weeks?)\\b",
    [TITLE_APPROVAL] =
        ("\\b(?:needs?|requires?) (?:an? |the |written |formal |final |explicit )*(?:sign[ -]?offs?|approval|go-ahead) (?:from|of|by)\\b|^[^\\w]*(?:manual|final|written|formal) approval (?:by|of|from)\\b|"
         "\\bapproval (?:obtained|received|given|from|granted)|^(?!.{0,300}\\b(?:no|not|without)\\b|.{0,300}n['’]t\\b).{0,300}\\bapproval\\b.{0,200}\\b(?:required|needed|necessary)\\b|"
         "\\b(?:has|have|needs?) to (?:approve|(?<!all have to )(?<!both have to )(?<!they have to )agree|say (?:yes|ok)|give (?:the |an? |his |her )?(?:go|ok|approval))\\b|\\bmust (?:approve|be approved|sign[ -]?off)\\b|\\bapprove[sd]? by\\b|"
         "\\bsign[ -]?off (?:from|by|obtained)|freigabe (?:durch|von|erteilt)|承認を得|"
         "(?:freigabe|genehmigung)\\b.{0,60}\\b(?:vorliegen|liegt vor|einholen|erforderlich|nötig|notwendig)|"
         "(?:autorisation|accord|approbation)\\b.{0,60}\\b(?:requise?|nécessaire|obligatoire)|"
         "^(?:solo|sólo|somente|apenas|uniquement|seulement|nur) (?:con|com|avec|mit) (?:la |a |l['’]|der )?(?:autori|aprob|aprov|accord|freigabe|genehmig)|"
         "(?:autorización|aprobación|autorização|aprovação)\\b.{0,60}\\b(?:requerida|necesaria|necessária|obligatoria|obrigatória)|承認が必要|需要.{0,20}(?:批准|审批)"),
    [TITLE_SENTENCE] = ("^(?:(?:use|run|do|perform|execute)(?: this)? )?(?:only )?"
                        "(?:if|when|unless|falls|nur wenn|wenn)\\b[^.]*$"),
    [TITLE_NOT_BEFORE] =
        "(?:^|[(:,;] ?|[–—-] |\\b(?:run|do|repeat) (?:it |this )?)(?:[0-9]+|an?|one|two|three|four|five|six|seven|ten|fourteen|thirty) "
        "(?:hours?|days?|weeks?|months?) (?:later|after)\\b|(?:^|[(:,] ?)after [0-9]+ (?:hours?|days?|weeks?|months?)\\b|"
        "\\bnot (?:before|earlier than) [0-9]+ (?:hours?|days?|weeks?|months?)\\b",
    [TITLE_DUE] =
        ("\\b(?:within|in|after|not before|not earlier than) (?:the )?(?:first |next )?([0-9]+) ?(hours?|days?|weeks?|"
         "months?)\\b|\\bwithin ()(?:a|one) (hour|day|week|month)\\b|"
         "\\b([0-9]+) (minutes?|hours?|days?|weeks?|months?) (?:later|after)\\b|"
         "\\b(an?|one|two|three|four|five|six|seven|ten|fourteen|thirty) (hours?|days?|weeks?|months?) (?:later|after)\\b"),
    [TITLE_ROLLS_BACK] =
        "^(?:roll(?:ing)?[ -]?back|revert|back[ -]?out|zurückroll|ロールバック|切り戻し)",
    [TITLE_WAY_BACK] = ("^(?:[\\w-]+ ){0,3}(?:roll(?:ing)?[ -]?back|back[ -]?out) "
                        "(?:procedures?|steps|plan|process|instructions|sequence)\\b|"
                        "(?:ロールバック|切り戻し)手順"),
    [TITLE_RUN] =
        ("\\b(?:run|execute|type|enter|issue|use|invoke|start|stop|restart|apply|check|"
         "verify|with|ausführen|führe|(?:aus|ein|ab)schalten|starten|stoppen|prüfen|löschen|entfernen|(?:de)?aktivieren|実行)\\b|実行|確認"),
    [TITLE_BARE] = "^([0-9]{1,2}(?:\\.[0-9]{1,2})*) +(?-i:[A-ZÄÖÜ])",
    [TITLE_RESTORES] = TITLE_RESTORE,
    [TITLE_TESTS_ONLY] = "^(?:in |on |for )?(?:non-?prod\\w*|staging|dev(?:elopment)?|test(?:ing)?)"
                         "(?: (?:target|environment|env|systems?|only))+$",
    [TITLE_STAGE] =
        "\\b(staging|stage|pre-?prod(?:uction)?|uat|qa|dev(?:elopment)?|test|prod(?:uction)?)\\b"
        "(?: environment| env| cluster)?$",
    [TITLE_STAGE_OF] =
        "^(staging|stage|pre-?prod(?:uction)?|uat|qa|dev(?:elopment)?|test|prod(?:uction)?)(?: environment| env)? "
        "(?:deploy(?:ment)?|release|roll-?out|upgrade)(?: (?:steps|procedure|process))?$",
    [TITLE_LOCAL] =
        "^(?:set(?:ting)? up |quick ?start |run(?:ning)? )?(?:local(?:ly)?|develop(?:ment|er)|dev)(?: (?:development|dev|"
        "environment|setup|set-up|server|machine|install\\w*|testing|tests?|run|quick ?start|workflow|deployment))+$|"
        "^(?:run(?:ning)?|test(?:ing)?|develop(?:ing)?|start(?:ing)?|build(?:ing)?|install(?:ing)?|set(?:ting)? ?up)"
        "(?: [\\w-]+){0,2} locally$",
    [TITLE_IN_STAGE] =
        "^(.+) \\((local|staging|stage|pre-?prod(?:uction)?|uat|qa|dev(?:elopment)?|test|prod(?:uction)?)"
        "(?: only)?\\)$",
    [TITLE_FIRST] =
        "^(?:first|initial|fresh|new)(?:[ -]time)? (?:[a-z]+ )?(?:deployment|deploy|install(?:ation)?|setup|"
        "rollout|release)\\b",
    [TITLE_LATER] =
        "^(?:[a-z]+ )?(?:upgrad(?:e|es|ing)|updat(?:e|es|ing))\\b|^(?:subsequent|later|routine|regular|"
        "existing) (?:[a-z]+ )?(?:deployments?|deploys?|releases?|updates?|install\\w*)\\b",
    [TITLE_CHECKLIST] = "\\bpre[ -]?(?:flight|deploy(?:ment)?|release|launch) check ?list",
    [TITLE_GATE] = "\\bgo ?/ ?no[- ]?go\\b",
    [TITLE_DAY] =
        "^(?:(?:first|next) (?:day|week|month)s?|(?:day|week|month)s? [1-9][0-9]?(?: ?(?:-|–|to) ?[1-9][0-9]?)?)"
        "(?: (?:after|post)\\b.*)?$|"
        "(?:^|\\()(?:within|after) (?:the )?(?:first |next )?(?:[1-9][0-9]? (?:days?|weeks?|months?)|(?:2[4-9]|[3-9][0-9]) hours?)\\)?$",
    [TITLE_RULES] = TITLE_SAFETY "|^(?:do not|don['’]ts?|never)\\b",
    [TITLE_USE_CASE] = "^(?:use (?:this|these|it)(?: [a-z]+)? (?:for|when|if|to)|for [a-z]+ing|"
                       "when you)\\b[^:]*$",
    [TITLE_NOT_THIS] = TITLE_FORBIDS "|^(?:do not|don['’]?ts?|never|not to be (?:used|done|run))$",
    [TITLE_CASE] =
        "^(?:only )?(?:(?:if|when|unless|should|falls|nur wenn|wenn|sollten?|si|s['’]ils?|en cas d\\S*|en caso de) "
        "(?!(?:(?:you|it|this|that|all|everything|all \\w+)(?:['’]re|['’]s| is| are| have| has)? ?)?(?:been )?"
        "(?:done|finished|ready|complete|completed|successful|fertig)\\b)\\S.*|"
        "in an emergency|(?:symptom|error|problem|cause|situation)(?: [a-z0-9]{1,2}\\b|:).*|(?:[a-z]{1,12}: )?what if \\S.*|it(?:['’]s| is) \\S.*|[^。]*場合(?:は|のみ)?|only (?:for|in|on|with|after|during|at) \\S.*|(?:uniquement|seulement) (?:pour|en|si) \\S.*|(?:solo|sólo) (?:en|para|si) \\S.*|"
        "(?:apenas|somente) (?:em|para|se) \\S.*|nur (?:bei|für|in|auf) \\S.*|[^.]* (?:않는|되는|하는|없는|있는|실패한) 경우)$",
    [TITLE_ASKS] =
        "\\w\\W{0,3}\\?$|\\b(?:is|are|gets?) (?:stuck|down|broken|hanging|missing|lost|slow|dead)\\b|\\bhangs\\b|"
        "^how to\\b|/ how to\\b|^when .* (?:fails|breaks)\\b",
    [TITLE_OF_LOSS] = "\\b(?:restor|recover|disaster|fail ?over)",
    [TITLE_CONDITION] =
        ("^(?:if|only (?:if|when|for|in|on|after|with)|when|unless|(?:skip|omit) (?:if|when|on|for|in|unless)|falls|nur (?:wenn|falls|bei|für|in|auf)|wenn|sofern|"
         "si|s['’]ils?|seulement (?:si|s['’]il|en cas|pour)|uniquement (?:si|s['’]il|en cas|pour)|si es|sólo (?:si|en)|solo (?:si|en|se)|omitir (?:si|en)|se|caso|"
         "(?:apenas|somente|só) (?:se|em)|quando necess|bei bedarf|au besoin|de ser necesario|(?:tylko )?(?:jeśli|jeżeli|gdy)|tylko (?:na|w|dla)|pomiń)\\b|"
         "^(?:только )?если(?![а-яё])|^только (?:для|на|в|при)(?![а-яё])|^при необходимости|"
         "場合$|場合のみ$|必要に応じて|^(?:如有必要|如果|如需|必要时|仅当|只有|若)|必要时$|(?:可|可以|则)(?:跳过|略过|忽略)$|需要时$|경우(?:에만?)?$|필요 ?시$"),
    [TITLE_RARE] =
        "^(?:for |in |only (?:for |in )?)?(?:emergenc(?:y|ies)|emergency use|a last resort|last resort)(?: only| use only| cases?(?: only)?)?$|"
        "^(?:deprecated|obsolete|dangerous|destructive|use with care|be careful|not recommended|break[- ]glass|(?:nur )?im notfall|veraltet)$|\\bdowntime, avoid$|"
        "^(?:solo )?(?:en |para |só em |em )?(?:emergencias?|emergências?)$|^(?:nur )?(?:im )?notf[aä]ll(?:e|en)?$|^(?:en cas d['’])?urgences?(?: uniquement)?$|"
        "緊急(?:時|用|のみ)|^(?:非推奨|廃止)|^(?:仅|仅限)?(?:应急|紧急情况)|^(?:已)?(?:废弃|弃用)",
    [TITLE_AT_END] =
        "^(?!.*\\b(?:check\\w*|verify\\w*|see|ask\\w*|decid\\w+|determin\\w+|test\\w*|confirm\\w*|know|look\\w*|sure|find out|tell|whether|validat\\w+|"
        "ensure|monitor|inspect|what|how|when to|abort|stop|so that|return|can|which|back ?up|snapshot|keep|fine|ok)\\b)"
        "[^,]*?[\\w)],? (?:[-–—] )?((?:only )?(?:if (?!(?:it )?(?:(?:does )?not |doesn|exist|missing|present|absent|changed))|unless |in case of )[^,:;.()]*)[:.]?$",
    [TITLE_NOT_NOW] =
        "^(?:future|planned|todo) ?(?::| [–—-]) |^(?:old|deprecated|obsolete) (?:procedure|process|method|way|steps)$",
    [TITLE_GOES] = "^uninstall(?:ing|ation)?$|^tear(?:ing)? ?down$",
    [TITLE_INVERSE] =
        "^(?:how to )?(?:(?:start|run)(?:ing)? ?(?:/|&|or|and) ?stop|stop(?:ping)? ?(?:/|&|or) ?start|enabl(?:e|ing) ?(?:/|&|or|and) ?disabl|"
        "disabl(?:e|ing) ?(?:/|&|or) ?enabl|turn(?:ing)? (?:\\w+ )?on ?(?:/|&|or|and) ?off|lock(?:ing)? ?(?:/|&|or|and) ?unlock|"
        "add(?:ing)? ?(?:/|&|or|and) ?remov|mount(?:ing)? ?(?:/|&|or|and) ?unmount|install(?:ing)? ?(?:/|&|or|and) ?uninstall|"
        "paus(?:e|ing) ?(?:/|&|or|and) ?resum|activat(?:e|ing) ?(?:/|&|or|and) ?deactivat)",
    [TITLE_CANCEL] =
        "^(?:how to )?(?:(?:cancel(?:l?ing)?|abort(?:ing)?|interrupt(?:ing)?) (?:an? |the |a running |running )?|(?:stopping|pausing) (?:an? |the running |a running ))"
        "(?:upgrades?|updates?|migrations?|deployments?|roll-?outs?|releases?|restores?|backups?|reshard\\w*|rebalanc\\w*|process|jobs?)$|"
        "^(?:cancelar|abortar|interrumpir) (?:una? |la |el |o )\\w+$|^(?:annuler|interrompre) (?:une? |la |le |l['’])\\w+$",
    [TITLE_INSTALL] = "^(?:fresh |new |clean )?install(?:ation|ing)?(?: guide)?$",
    [TITLE_UPGRADE] = "^(?:upgrad(?:e|es|ing)|updat(?:e|es|ing))(?: guide)?(?: (?:from|to) .*)?$",
    [TITLE_OFTEN] =
        "^(?:(?:run|do|done|repeat|repeated)(?: this| it)? )?(?:(?:every|each)(?: (?:other|first|second|third|last|[0-9]+(?:st|nd|rd|th)?|two|three|four|six))? "
        "(?:days?|nights?|mornings?|evenings?|weeks?|fortnights?|months?|quarters?|years?|(?:mon|tues|wednes|thurs|fri|satur|sun)days?|weekdays?|weekends?)\\b|"
        "(?:once|twice|[0-9]+ times|[0-9]x) (?:a|an|per|each|every) (?:day|night|week|fortnight|month|quarter|year)\\b|"
        "(?:(?:bi-?|half-?|semi-?)?(?:daily|nightly|weekly|fortnightly|monthly|quarterly|yearly|annually)|"
        "(?:halb|viertel)?jährlich|täglich|nächtlich|wöchentlich|monatlich|quartalsweise|quotidien|hebdomadaire|mensuel|trimestriel|annuel|diario|semanal|mensual|mensal|"
        "trimestral|anual|diariamente|semanalmente|mensualmente|mensalmente|anualmente|codziennie|cotygodniowo|comiesięcznie)"
        "(?= ?(?:$|[,:;.()–—-]|(?:or|and|after|at|on|by|in|for|oder|und|am|ou|et|le|o|y|los|e)\\b|(?:tasks?|jobs?|chores?|checks?|maintenance|housekeeping|clean-?ups?|routines?|duties)$))|"
        "jede[nrsm]? (?:zweiten? )?(?:tag|nacht|woche|monat|quartal|jahr|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch)|(?:ein|zwei)mal (?:pro|im|am|in der|jährlich) ?|alle [0-9a-zä]+ (?:tage|wochen|monate|jahre)|"
        "tous les (?:[0-9]+ )?(?:jours|mois|ans|trimestres|lundis|mardis|mercredis|jeudis|vendredis|samedis|dimanches|matins|soirs)|toutes les (?:[0-9]+ )?(?:semaines|nuits)|"
        "chaque (?:jour|nuit|semaine|mois|trimestre|année|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)|une fois par (?:jour|semaine|mois|an)|"
        "cada (?:[0-9]+ )?(?:d[ií]as?|noche|semanas?|mes|meses|trimestre|años?|anos?|lunes|martes|miércoles|jueves|viernes|sábado|domingo)\\b|tod[oa]s (?:los|las|os|as) (?:d[ií]as|noches|semanas|meses|años|anos)|"
        "todo (?:dia|mês|ano)\\b|toda semana|una vez (?:al|por|a la) (?:día|semana|mes|año)|uma vez por (?:dia|semana|mês|ano)|"
        "co (?:tydzień|miesiąc|kwartał|rok)|raz (?:w|na) (?:tygodni|miesi|rok|kwarta)|еже(?:дневн|недельн|месячн|квартальн|годн)|кажд(?:ый|ую|ое) (?:день|недел|месяц|квартал|год|понедельник|пятниц)|раз в (?:день|недел|месяц|квартал|год)|"
        "毎(?:日|週|月|年|晩|朝)|每(?:天|日|周|週|月|年|季度|个月|星期)|매(?:일|주|월|년|분기)(?!\\w))",
    [TITLE_SYMPTOM] =
        "^(?!(?:do|what|things|how|why|when|if|where|who)\\b)(?!.*\\b(?:that|which|who|what)\\b)[\\w`*'’./ -]{2,60}? "
        "(?:(?:does|do|did|will|is|are|can|could|has|have)(?: not|n['’]t)|won['’]t|can['’]t|cannot|fails? to|keeps?) [a-z]+(?: [\\w`/.-]+){0,4}[.!]?$",
    [TITLE_TROUBLED] =
        "\\b(?:[45](?:xx|0[0-9]|2[0-9])s?|errors?|err|exceptions?|fail(?:s|ed|ing|ures?)?|crash(?:es|ed|ing|loop\\w*)?|timeouts?|times? out|timing out|slow|stuck|hangs?|hung|full|down|lag(?:s|ging)?|grows?|growing|"
        "spikes?|spiking|drops?|backlog|piling up|high|low|too (?:many|few|big|large|high|low|old)|above|below|exceeds?|exceeded|unreachable|unavailable|unresponsive|unhealthy|degraded|missing|lost|expired|expires|refused|denied|rejected|"
        "corrupt\\w*|leak(?:s|ing)?|oom(?:killed)?|out of (?:memory|disk|space|sync)|split[- ]?brain|deadlocks?|loops?|does(?: not|n['’]t)|do(?: not|n['’]t)|won['’]t|can['’]t|cannot|never|no (?:data|metrics|logs|leader|quorum|space)|"
        "goes|went|sees?|report(?:s|ed)?|complain(?:s|ts)?|broken|dead|red|wrong|unassigned)\\b|_(?:err|error|warn|failed)\\b",
    [TITLE_DRILL] =
        "^(?:[\\w-]+ )?drills?$|^(?:chaos|game ?day)(?: tests?)?$|^(?:test [0-9]+:? )?simulat(?:e|ing) |"
        "^test(?:ing)? (?:the |of the )?(?:fail ?over|disaster recovery|roll ?back|restore)\\b",
};

/* Names of what a document has variants for; brothers of one kind are alternatives. */
#define TITLE_KIND(names)                                                                         \
    "^(?:for|using|with|via|on|für|mit|bei) ?(?:" names ")\\b[^:]{0,40}:?$|"                      \
    "^(?:if (?:you )?us(?:e|ing) )?(?:" names ")(?:(?: ?/ ?|,? and |,? or |, )[\\w.]+)*"          \
    "(?: (?:deployments?|installations?|setups?|hosts?|servers?|systems?|users?|clusters?|based|" \
    "environments?|[0-9][0-9.+]*))*(?: \\([^)]*\\))?:?$|^(?:" names ")(?:環境|の場合)[:：]?$"
static const struct {
    struct sv kind;
    const char *pattern;
} title_variants[] = {
    {SV("database"), TITLE_KIND("postgres(?:ql)?|mysql|mariadb|sqlite|oracle|sql server|mssql|"
                                "mongodb|aurora|rds")},
    {SV("runtime"), TITLE_KIND("docker(?:[ -]compose)?|docker swarm|systemd|kubernetes|k8s|helm|"
                               "bare[ -]metal|vms?|virtual machines?|podman|supervisor|nomad|"
                               "binary|source")},
    {SV("system"), TITLE_KIND("debian|ubuntu|rhel|red hat|centos|rocky|alma|fedora|suse|alpine|"
                              "linux|macos|windows|freebsd")},
    {SV("cloud"), TITLE_KIND("aws|gcp|google cloud|azure|on[- ]prem(?:ises)?")},
    {SV("rollout"),
     "^(?:standard|normal|classic|regular|zero[- ]?downtime|no[- ]?downtime|downtime|online|offline|"
     "rolling|blue[-/ ]?green|canary|big[- ]bang|maintenance window|in[- ]place)"
     "(?: (?:migration|deployment|deploy|upgrade|update|release|rollout|restart|strategy|approach))+"
     "(?: \\([^)]*\\))?:?$"},
    {SV("size"),
     "^(?:[a-z]+ )?(?:minor|major|patch|hotfix)(?:[- ](?:version|release|upgrade|update|deployment))+"
     "(?: \\([^)]*\\))?:?$"},
    {SV("way back"),
     "^(?:immediate|emergency|quick|fast|instant|planned|controlled|graceful|scheduled|delayed|extended|partial|full|complete|"
     "automatic|automated|manual) (?:roll[- ]?back|revert|back[- ]?out)(?: procedures?| plan| steps| process)?(?: \\([^)]*\\))?:?$"},
    {SV("means"),
     "^(?:using|via) (?:the |an? )?[\\w.+&/-]+(?: [\\w.+&/-]+){0,3}(?: \\([^)]*\\))?:?$"},
    {SV("option"),
     "^(?:option|case|method|approach|variant|variante|alternative|möglichkeit|opci[óo]n|"
     "opç[ãa]o|m[ée]thode|opzione|オプション|方法|方案|方式|選択肢|パターン|案) ?(?:[a-e](?![a-z])|[0-9]|[一二三四五]|Ａ|Ｂ|Ｃ)"},
};

/* The title that was read last: a heading is asked for several times. */
#define TITLE_MEMO_BYTES 160u
struct title_memo {
    struct sv text; /* whose place the parts of `title` point into */
    char bytes[TITLE_MEMO_BYTES];
    struct title title;
};

struct title_reader {
    struct title_memo memo;
    struct regex *variants[ARRAY_LEN(title_variants)];
    struct regex *roles[ARRAY_LEN(title_roles)];
    struct regex *patterns[TITLE__N];
};

struct title_reader *title_reader_new(void)
{
    struct title_reader *r = XNEW(struct title_reader);

    for (size_t i = 0; i < ARRAY_LEN(title_roles); i++)
        r->roles[i] = regex_must(title_roles[i].pattern, REGEX_NOCASE);
    for (size_t i = 0; i < ARRAY_LEN(title_variants); i++)
        r->variants[i] = regex_must(title_variants[i].pattern, REGEX_NOCASE);
    for (size_t i = 0; i < TITLE__N; i++)
        r->patterns[i] = regex_must(title_patterns[i], REGEX_NOCASE);
    return r;
}

void title_reader_free(struct title_reader *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < ARRAY_LEN(title_roles); i++)
        regex_free(r->roles[i]);
    for (size_t i = 0; i < ARRAY_LEN(title_variants); i++)
        regex_free(r->variants[i]);
    for (size_t i = 0; i < TITLE__N; i++)
        regex_free(r->patterns[i]);
    free(r);
}

bool title_is_approval(struct title_reader *r, struct sv text)
{
    return regex_has(r->patterns[TITLE_APPROVAL], text);
}

static int64_t title_span_ms(struct sv number, struct sv unit)
{
    uint64_t n;
    int64_t ms;

    if (!sv_to_u64(number, &n) || n > 100000)
        return -1;
    ms = duration_unit_ms(unit);
    return ms ? (int64_t)n * ms : -1;
}

bool title_offset(struct title_reader *r, struct sv text, int64_t *ret_ms)
{
    struct regex_match g[3];
    int64_t ms;

    if (!regex_find(r->patterns[TITLE_T_PLUS], sv_trim(text), 0, g, 3))
        return false;
    text = sv_trim(text);
    ms = title_span_ms(sv_sub(text, g[1].from, g[1].to), sv_sub(text, g[2].from, g[2].to));
    if (ms >= 0)
        *ret_ms = ms;
    return ms >= 0;
}

/* Symbols at the ends: status glyphs, arrows, asterisks; words are read, glyphs never. */
static struct sv title_strip_glyphs(struct sv s)
{
    for (;;) {
        uint32_t cp;
        size_t n, last;

        s = sv_trim(s);
        n = text_utf8_next(s, &cp);
        if (n && ((cp >= 0x2190 && cp < 0x2e80) || cp >= 0x1f000 || cp == 0xfe0f || cp == '*')) {
            s = sv_sub(s, n, s.n);
            continue;
        }
        last = s.n;
        while (last > 0 && ((unsigned char)s.p[last - 1] & 0xc0) == 0x80)
            last--;
        last -= last > 0;
        n = text_utf8_next(sv_sub(s, last, s.n), &cp);
        if (n && last + n == s.n &&
            ((cp >= 0x2190 && cp < 0x2e80) || cp >= 0x1f000 || cp == 0xfe0f || cp == '*')) {
            s = sv_sub(s, 0, last);
            continue;
        }
        return s;
    }
}

static enum rb_role title_role_of(struct title_reader *r, struct sv text)
{
    struct regex_pairs pairs = regex_pairs_known(text);

    for (size_t i = 0, n = ARRAY_LEN(title_roles);
         (i = regex_next_may_match(r->roles, n, i, &pairs)) < n; i++)
        if (regex_has(r->roles[i], text))
            return title_roles[i].role;
    return ROLE_NONE;
}

/* "Silence alerts", "Disable monitoring": something to be done. */
static bool title_quiets(struct sv text)
{
    return told_starts(
        text,
        WORDS_HERE("silence unsilence mute unmute suppress snooze disable enable pause resume"));
}

enum rb_role title_role(struct title_reader *r, struct sv text)
{
    enum rb_role role = ROLE_NONE;
    struct sv whole = title_strip_glyphs(text);
    struct title t;

    title_read(r, text, &t);
    title_read_bare(r, &t);
    if (!t.word.n) /* "4. After deploying"; but "Phase 4" says something itself */
        role = title_role_of(r, t.text);
    if (role == ROLE_NONE && (t.word.n || !sv_eq(whole, t.text)))
        role = title_role_of(r, whole);
    role = role != ROLE_NONE || !t.word.n ? role : title_role_of(r, t.text);
    return role == ROLE_MONITOR && title_quiets(t.text) ? ROLE_NONE : role;
}

void title_read_bare(struct title_reader *r, struct title *t)
{
    struct regex_match g[2];

    if (t->number.n || !regex_find(r->patterns[TITLE_BARE], t->text, 0, g, 2))
        return;
    t->number = sv_sub(t->text, g[1].from, g[1].to);
    t->text = sv_trim(sv_sub(t->text, g[1].to, t->text.n));
    t->is_step = true;
}

bool title_rolls_back(struct title_reader *r, struct sv text)
{
    return regex_has(r->patterns[TITLE_ROLLS_BACK], text);
}

bool title_is_way_back(struct title_reader *r, struct sv text)
{
    return regex_has(r->patterns[TITLE_WAY_BACK], text);
}

bool title_restores(struct title_reader *r, struct sv text)
{
    return regex_has(r->patterns[TITLE_RESTORES], title_strip_glyphs(text));
}

bool title_is_checklist(struct title_reader *r, struct sv text)
{
    return regex_has(r->patterns[TITLE_CHECKLIST], text);
}

bool title_is_gate(struct title_reader *r, struct sv text)
{
    return regex_has(r->patterns[TITLE_GATE], text);
}

bool title_is_day(struct title_reader *r, struct sv text)
{
    return regex_has(r->patterns[TITLE_DAY], text);
}

bool title_is_rules(struct title_reader *r, struct sv text)
{
    return regex_has(r->patterns[TITLE_RULES], text);
}

bool title_is_use_case(struct title_reader *r, struct sv text)
{
    return regex_has(r->patterns[TITLE_USE_CASE], text);
}

struct sv title_rare(struct title_reader *r, struct sv text)
{
    text = title_strip_glyphs(text);
    while (text.n && strchr(":.!", text.p[text.n - 1]))
        text.n--;
    return regex_has(r->patterns[TITLE_RARE], text) ? text : (struct sv){NULL, 0};
}

bool title_forbids(struct title_reader *r, struct sv text)
{
    return regex_has(r->patterns[TITLE_NOT_THIS], title_strip_glyphs(text));
}

struct sv title_case(struct title_reader *r, struct sv text, bool asks, struct arena *arena)
{
    text = title_strip_glyphs(text);
    if (!regex_has(r->patterns[TITLE_CASE], text) &&
        !(asks && regex_has(r->patterns[TITLE_ASKS], text)))
        return (struct sv){NULL, 0};
    while (text.n && strchr("?:. ", text.p[text.n - 1]))
        text.n--;
    if (sv_has_nocase(sv_sub(text, 0, 24), SV("what if "))) /* "Toggle: What if the job fails?" */
        return sv_sub(text, sv_find_nocase(text, SV("what if "), 0) + SV("what ").n, text.n);
    return sv_starts_nocase(text, SV("it is ")) || sv_starts_nocase(text, SV("it's ")) ||
                   sv_starts_nocase(text, SV("it’s "))
               ? arena_fmt(arena, "if i%.*s", SV_FMT(sv_sub(text, 1, text.n)))
               : text;
}

bool title_is_first(struct title_reader *r, struct sv text)
{
    return regex_has(r->patterns[TITLE_FIRST], title_strip_glyphs(text));
}

bool title_is_install(struct title_reader *r, struct sv text)
{
    return regex_has(r->patterns[TITLE_INSTALL], title_strip_glyphs(text));
}

bool title_is_upgrade(struct title_reader *r, struct sv text)
{
    return regex_has(r->patterns[TITLE_UPGRADE], title_strip_glyphs(text));
}

bool title_is_later(struct title_reader *r, struct sv text)
{
    return regex_has(r->patterns[TITLE_LATER], title_strip_glyphs(text));
}

bool title_is_local(struct title_reader *r, struct sv text)
{
    return regex_has(r->patterns[TITLE_LOCAL], title_strip_glyphs(text));
}

struct sv title_in_stage(struct title_reader *r, struct sv text)
{
    struct regex_match g[3];

    text = title_strip_glyphs(text);
    return regex_find(r->patterns[TITLE_IN_STAGE], text, 0, g, 3) ? sv_sub(text, g[2].from, g[2].to)
                                                                  : (struct sv){NULL, 0};
}

struct sv title_stage(struct title_reader *r, struct sv text, struct sv *rest)
{
    struct regex_match g[2];

    text = title_strip_glyphs(text);
    if (regex_find(r->patterns[TITLE_STAGE], text, 0, g, 2))
        *rest = sv_trim(sv_sub(text, 0, g[0].from));
    else if (regex_find(r->patterns[TITLE_STAGE_OF], text, 0, g, 2))
        *rest = sv_trim(sv_sub(text, g[1].to, text.n));
    else
        return (struct sv){NULL, 0};
    return sv_sub(text, g[1].from, g[1].to);
}

bool title_is_of_loss(struct title_reader *r, struct sv text)
{
    return regex_has(r->patterns[TITLE_OF_LOSS], text);
}

struct sv title_often(struct title_reader *r, struct sv text, struct sv *rest)
{
    struct regex_match g[1];

    text = title_strip_glyphs(text);
    if (!regex_find(r->patterns[TITLE_OFTEN], text, 0, g, 1))
        return (struct sv){NULL, 0};
    *rest = sv_trim(sv_sub(text, g[0].to, text.n));
    return sv_trim(sv_sub(text, 0, g[0].to));
}

bool title_is_symptom(struct title_reader *r, struct sv text)
{
    return regex_has(r->patterns[TITLE_SYMPTOM], title_strip_glyphs(text));
}

bool title_is_troubled(struct title_reader *r, struct sv text)
{
    return regex_has(r->patterns[TITLE_TROUBLED], title_strip_glyphs(text));
}

struct sv title_not_now(struct title_reader *r, struct sv text)
{
    if (regex_has(r->patterns[TITLE_DRILL], text))
        return SV("as a drill");
    if (regex_has(r->patterns[TITLE_CANCEL], text))
        return SV("when it is to be stopped");
    if (regex_has(r->patterns[TITLE_INVERSE], text))
        return SV("when one of these is wanted");
    if (regex_has(r->patterns[TITLE_GOES], text))
        return SV("when it is to go");
    return regex_has(r->patterns[TITLE_NOT_NOW], text) ? SV("now") : (struct sv){NULL, 0};
}

struct sv title_variant(struct title_reader *r, struct sv text)
{
    text = title_strip_glyphs(text);
    if (text.n > 120) /* a sentence */
        return (struct sv){NULL, 0};
    for (size_t i = 0; i < ARRAY_LEN(title_variants); i++)
        if (regex_has(r->variants[i], text))
            return title_variants[i].kind;
    return (struct sv){NULL, 0};
}

bool title_says_run(struct title_reader *r, struct sv text)
{
    return regex_has(r->patterns[TITLE_RUN], text);
}

static int64_t title_month_ms(struct sv number, struct sv unit)
{
    static const int64_t month_ms = INT64_C(30) * 86400 * 1000;
    uint64_t n;

    if (!sv_starts_nocase(unit, SV("month")))
        return title_span_ms(number, unit);
    return sv_to_u64(number, &n) && n <= 1200 ? (int64_t)n * month_ms : -1;
}

/* "two" as digits; nothing is one. */
static struct sv title_number(struct sv word)
{
    static const struct {
        struct sv word, digits;
    } rows[] = {{SV(""), SV("1")},       {SV("a"), SV("1")},    {SV("an"), SV("1")},
                {SV("one"), SV("1")},    {SV("two"), SV("2")},  {SV("three"), SV("3")},
                {SV("four"), SV("4")},   {SV("five"), SV("5")}, {SV("six"), SV("6")},
                {SV("seven"), SV("7")},  {SV("ten"), SV("10")}, {SV("fourteen"), SV("14")},
                {SV("thirty"), SV("30")}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (sv_eq_nocase(word, rows[i].word))
            return rows[i].digits;
    return word;
}

bool title_due(struct title_reader *r, struct sv text, int64_t *ret_ms)
{
    struct regex_match g[9];

    if (!regex_find(r->patterns[TITLE_DUE], text, 0, g, 9))
        return false;
    for (size_t i = 1; i < 9; i += 2)
        if (g[i].from != SV_NPOS) {
            struct sv number = title_number(sv_sub(text, g[i].from, g[i].to));
            int64_t ms = title_month_ms(number, sv_sub(text, g[i + 1].from, g[i + 1].to));

            if (ms > 0)
                *ret_ms = ms;
            return ms > 0;
        }
    return false;
}

bool title_is_not_before(struct title_reader *r, struct sv text)
{
    return regex_has(r->patterns[TITLE_NOT_BEFORE], text);
}

/* One "(...)" at the end: a condition, an optional mark or a duration is understood and cut off. */
static bool title_take_parentheses(struct title_reader *r, struct title *t)
{
    static const struct sv wide_open = SV("（"), wide_close = SV("）");
    struct sv s = t->text, inner;
    bool wide;
    size_t open, close;

    while (s.n && (s.p[s.n - 1] == '.' || s.p[s.n - 1] == ':'))
        s.n--;
    wide = sv_ends(s, wide_close);
    if (!wide && !sv_ends(s, SV(")")))
        return false;
    close = s.n - (wide ? wide_close.n : 1);
    open = close;
    while (open > 0 && !(wide ? sv_ends(sv_sub(s, 0, open), wide_open) : s.p[open - 1] == '('))
        open--;
    if (open <= (wide ? wide_open.n : 1))
        return false;
    inner = sv_trim(sv_sub(s, open, close));
    if (sv_eq_nocase(inner, SV("optional")) || sv_starts_nocase(inner, SV("optional")))
        t->optional = true;
    else if (regex_has(r->patterns[TITLE_TESTS_ONLY], inner))
        t->condition = SV("in a test environment only");
    else if (regex_has(r->patterns[TITLE_CONDITION], inner) && !sv_starts(inner, SV("IF ")))
        t->condition = inner; /* IF EXISTS is SQL */
    else if (regex_has(r->patterns[TITLE_OFTEN], inner))
        t->often = inner;
    else if (regex_has(r->patterns[TITLE_RARE], inner)) {
        t->condition = inner;
        return false; /* a choice of ways shows it */
    } else if (!inner.n || !ascii_is_digit(*inner.p) || !sv_has_nocase(inner, SV("min")))
        return false;
    t->text = title_strip_glyphs(sv_sub(s, 0, open - (wide ? wide_open.n : 1)));
    return true;
}

/* Is what the word numbers a step: no phase, no scenario? */
static bool title_is_step_word(struct sv word)
{
    static const struct sv words[] = {SV("step"),  SV("schritt"),  SV("task"), SV("étape"),
                                      SV("Étape"), SV("ÉTAPE"),    SV("paso"), SV("passo"),
                                      SV("手順"),  SV("ステップ"), SV("第"),   SV("步骤"),
                                      SV("步驟")};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (sv_eq_nocase(word, words[i]))
            return true;
    return !word.n;
}

/* "(optional) Rebuild the index", "Optional: ..." */
static void title_take_optional(struct title *t)
{
    static const struct sv fronts[] = {SV("(optional)"),   SV("[optional]"),  SV("optional:"),
                                       SV("（可选）"),     SV("(optionnel)"), SV("(facultatif)"),
                                       SV("(opcional)"),   SV("opcional:"),   SV("optionnel :"),
                                       SV("facultatif :"), SV("（任意）"),    SV("（オプション）"),
                                       SV("任意："),       SV("可选：")};

    for (size_t i = 0; i < ARRAY_LEN(fronts); i++)
        if (t->text.n > fronts[i].n && sv_eat_nocase(&t->text, fronts[i])) {
            t->text = title_strip_glyphs(t->text);
            t->optional = true;
            return;
        }
}

/* "(If needed): depool it" */
static void title_take_front(struct title_reader *r, struct title *t)
{
    size_t close = sv_starts(t->text, SV("(")) ? sv_find_byte(t->text, ')', 0) : SV_NPOS;
    struct sv inner, rest;

    if (close == SV_NPOS || t->condition.n)
        return;
    inner = sv_trim(sv_sub(t->text, 1, close));
    rest = sv_trim(sv_sub(t->text, close + 1, t->text.n));
    (void)(sv_eat(&rest, SV(":")) || sv_eat(&rest, SV("-")));
    if (!sv_trim(rest).n || !regex_has(r->patterns[TITLE_CONDITION], inner))
        return;
    t->condition = inner;
    t->text = title_strip_glyphs(rest);
}

/* "Full restart if the canary fails"; of a rollback only "only if", as deciding for it is what "if" says. */
static void title_take_end(struct title_reader *r, struct title *t)
{
    struct regex_match g[2];

    if (t->condition.n || !regex_find(r->patterns[TITLE_AT_END], t->text, 0, g, 2))
        return;
    if (title_role_of(r, t->text) == ROLE_ROLLBACK &&
        !sv_starts_nocase(sv_sub(t->text, g[1].from, g[1].to), SV("only ")))
        return;
    t->condition = sv_sub(t->text, g[1].from, g[1].to);
    t->trails = true;
}

static void title_parse(struct title_reader *r, struct sv text, struct title *ret)
{
    struct title t = {.text = title_strip_glyphs(text), .offset_ms = -1, .due_ms = -1};
    struct regex_match g[6];
    struct sv front;

    t.later =
        title_due(r, t.text, &t.due_ms) && title_is_not_before(r, t.text); /* -1 stays otherwise */

    if (regex_find(r->patterns[TITLE_OFFSET], t.text, 0, g, 3))
        t.offset_ms =
            title_span_ms(sv_sub(t.text, g[1].from, g[1].to), sv_sub(t.text, g[2].from, g[2].to));
    else if (regex_find(r->patterns[TITLE_NUMBERED], t.text, 0, g, 6)) {
        for (size_t i = 2; i < 6; i++)
            if (g[i].from != SV_NPOS)
                t.number = sv_sub(t.text, g[i].from, g[i].to);
        if (g[1].from != SV_NPOS)
            t.word = sv_sub(t.text, g[1].from, g[1].to);
        front = sv_trim(sv_sub(t.text, 0, g[0].to));
        t.separated = !ascii_is_digit(front.p[front.n - 1]);
        t.is_step = title_is_step_word(t.word);
        t.text = title_strip_glyphs(sv_sub(t.text, g[0].to, t.text.n));
    } else {
        (void)title_offset(r, t.text,
                           &t.offset_ms); /* "T+5 min" as a heading; -1 stays otherwise */
    }
    title_take_optional(&t);
    title_take_front(r, &t);
    while (title_take_parentheses(r, &t))
        ;
    title_take_end(r, &t);
    if (regex_has(r->patterns[TITLE_SENTENCE], t.text))
        t.sentence = sv_ends(t.text, SV(":")) ? sv_trim(sv_sub(t.text, 0, t.text.n - 1)) : t.text;
    *ret = t;
}

/* Is it the text of the memo, in the same place and still the same? */
static bool title_is_known(const struct title_memo *m, struct sv text)
{
    return m->text.p == text.p && m->text.n == text.n && memcmp(m->bytes, text.p, text.n) == 0;
}

void title_read(struct title_reader *r, struct sv text, struct title *ret)
{
    if (!text.n || text.n > TITLE_MEMO_BYTES) {
        title_parse(r, text, ret);
        return;
    }
    if (!title_is_known(&r->memo, text)) {
        title_parse(r, text, &r->memo.title);
        r->memo.text = text;
        memcpy(r->memo.bytes, text.p, text.n);
    }
    *ret = r->memo.title;
}

/* The longest front of at most `max` bytes that ends in a whole character. */
static size_t title_cut(struct sv s, size_t max)
{
    while (max > 0 && ((unsigned char)s.p[max] & 0xc0) == 0x80)
        max--;
    return max;
}

struct sv title_slug(struct sv text, size_t max, struct arena *arena)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    size_t last_word = 0;

    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];

        if (ascii_is_alnum(c) || (unsigned char)c >= 0x80 || c == '.')
            strbuf_add_byte(&b, ascii_lower(c));
        else if (b.n && b.p[b.n - 1] != '-') {
            if (b.n <= max)
                last_word = b.n;
            strbuf_add_byte(&b, '-');
        }
        if (b.n > max) {
            strbuf_truncate(&b, last_word ? last_word : title_cut(strbuf_sv(&b), max));
            break;
        }
    }
    while (b.n && (b.p[b.n - 1] == '-' || b.p[b.n - 1] == '.'))
        strbuf_truncate(&b, b.n - 1);
    return arena_sv(arena, strbuf_sv(&b));
}
