/*
 * block_pattern: the words that say what a block, a comment in it or the text around it is (enum block_pattern).
 */
#include "runbook/folder.h"
#include "runbook/reader_int.h"

#define BLOCK_SPAN "([0-9]+)(?:-([0-9]+))? ?(s|sec|seconds?|min|minutes?|h|hours?)"
#define BLOCK_STAGES \
    "(?:staging|stage|stg|pre-?prod(?:uction)?|uat|qa|dev(?:elopment)?|test|prod(?:uction)?|prd|integration)"
#define BLOCK_SYSTEMS \
    "(?:windows(?: [0-9]+)?|powershell|cmd(?:\\.exe)?|mac ?os(?: x)?|mac|linux|unix|wsl|ubuntu|debian|git bash|freebsd|openbsd|netbsd|solaris|aix)"

const char
    *const block_patterns[BLOCK_PATTERN__N] =
        {
            [BLOCK_WATCH_FOR] = "\\b(?:watch|monitor|observe|follow)(?: \\w+)? for " BLOCK_SPAN
                                "(?:,? ?(?:and )?expect:? ?(.*))?$",
            [BLOCK_AT_MOST] =
                "\\b(?:wait |)(?:max(?:imum)?|at most|up to|within|no more than) " BLOCK_SPAN,
            [BLOCK_OVER] = "\\bover " BLOCK_SPAN,
            [BLOCK_TODO] =
                "^(?:notify|announce|select|choose|manual|check|verify|confirm|ensure|make sure|watch|test|document|"
                "investigate|monitor|review|inform|tell|open|navigate|log in|contact|ask|wait|edit|"
                "remove|replace|send|post|page|escalate|decide|compare|manually|do not|never|"
                "prüfen|prüfe|informieren|warten|確認)\\b",
            [BLOCK_HALTS] =
                "^(?:stop|pause|halt) (?:here\\b|and (?:have|get|ask|wait|let|check|look)\\b)|^have (?:someone|somebody|a colleague|another)\\b|"
                "^get (?:the |an? )?(?:approval|sign-?off|second|go-?ahead|okay?)\\b",
            [BLOCK_NUMBERED] = "^(?:step )?([0-9]{1,3}(?:\\.[0-9]{1,3}){0,3})[.):](?: |$)",
            [BLOCK_CONDITION] =
                "((?:^(?:if|only if|only when|when|unless|falls|nur wenn|wenn|seulement si|si|se|caso|jeśli|jeżeli)|"
                "\\bonly (?:if|when)) (?:[^,:;.]|\\.(?=[0-9]))*|\\bif [^,:;.]{0,200}(?=; [^:]{0,100}\\binstead:$))",
            [BLOCK_IN_CASE] =
                "^((?:(?:only )?in case\\b|in the event of\\b|on (?:failure|errors?|problems?|timeout)\\b|in an emergency\\b|as a last resort\\b|"
                "should (?:the|any|this|that|it|something|anything|you)\\b(?=[^.]*,)|en cas d|s['’]ils? |sinon\\b|en caso de|"
                "s[oó]lo si|bei (?:problemen|fehlern?|bedarf|störungen)\\b|im (?:fehler|not)fall\\b|andernfalls\\b|"
                "sollten? (?:der|die|das|es|ein|eine)\\b)[^,:;.]*|(?:deprecated|obsolete|no longer needed)\\b|"
                "for (?:the )?(?:staging|test(?:ing)?|dev(?:elopment)?|pre-?prod|production|prod|uat|qa)(?: only| environment| cluster)?)"
                "(?: ?[:：.]?$|,(?! (?:it|the|this|that|they|there|nothing|he|we)\\b))|"
                "^((?:(?:如果|如有|若(?!干)|如需|必要时(?!间)|仅当|只有|否则)[^，：:。；]*|[^。、：:]*場合(?!によ)(?:は|に|のみ)?|[^。、：:]*のみ|必要に応じて)(?=[：:、，])|"
                "必要に応じて|必要であれば|必要なら)",
            [BLOCK_AT_END] =
                "^(?!.*\\b(?:check\\w*|verify\\w*|see|ask\\w*|decid\\w+|determin\\w+|test\\w*|confirm\\w*|know|look\\w*|sure|find out|tell|whether|validat\\w+|"
                "ensure|monitor|inspect|shows?|should|returns?|prints?|expect\\w*|must|will|exits?|fails?|works?|empty|okay?|fine|"
                "warns?|abort|stop|prüfe[n]?|note|example|useful|so that|return|can|back ?up|snapshot|dump|keep|which|idempotent|safe)\\b|[^;]*;|\\w+s\\b (?:the|a)\\b)"
                "[^,]*?[\\w)],? (?:[-–—] )?((?:only )?(?:if (?!(?:it )?(?:(?:does )?not |doesn|exist|missing|present|absent|changed))|unless |in case of )[^,:;.()]*)[:.]?$",
            [BLOCK_CASE] =
                "^(?:(?:otherwise|alternatively|sonst)(?= ?[,:])|or,? (?:if|when|alternatively)\\b|to (?:abort|force|undo|cancel|revert)\\b|"
                "(?:alternativ|en alternativa|alternativement|alternativamente|como alternativa|en variante)\\b|only (?:the |an? )?[\\w -]{2,40} (?:may|should|can|is allowed to) (?:run|execute|do|use)\\b|"
                "(?:optionally,? )?you (?:can|may|might|could) also\\b|for (?:staging|test|dev(?:elopment)?|production|prod|uat|qa)(?: only)?\\b(?= ?[,:]))",
            [BLOCK_FOR_EXAMPLE] =
                "^(?:(?:for |as an )?examples?|e\\.g\\.|samples?|commands? \\(examples?\\))\\W*$|"
                "^(?:(?:for|as an) (?:example|instance)|zum beispiel|beispielsweise|par exemple|por ejemplo|por exemplo|ad esempio)\\b.*[:：]$|"
                "(?:\\b(?:for example|for instance|zum beispiel|beispielsweise|par exemple|por ejemplo|por exemplo|ad esempio)|例えば|たとえば|例如|为例|以下は例)"
                "(?:,? (?:you (?:can|could|would) )?(?:run|use))? ?[:：]$",
            [BLOCK_IN_BRACKETS] =
                "\\(((?:if|only if|only when|when|unless|falls|nur wenn|wenn|si|se|caso|quando|seulement si|sólo si|solo si|somente se|bei) [^)]*)\\)|"
                "\\((optional)\\b[^)]*\\)|^optional(?:ly)?\\b",
            [BLOCK_OTHERWISE] =
                "^or\\b|\\(alternative\\b|^alternative(?:ly)?\\b|^otherwise\\b|^oder\\b|"
                "^(?:option|method|variant|variante|opci[óo]n|opç[ãa]o|méthode|オプション|方法|方案|方式) ?(?:b|2|ii|二|２)(?![a-z0-9])|^(?:または|もしくは|あるいは|或者)|^或[:：]|"
                "^ou\\b|^o (?:si|bien|alternativamente)\\b|^oppure\\b",
            [BLOCK_FOR] =
                "^(for (?!each\\b|every\\b|all\\b|example|instance|more\\b|details|safety|now\\b)"
                "[^,:;.]{3,50})[,:] ",
            [BLOCK_STATES] =
                "^(?:all|both|every|each|no)\\b[^.]* (?:running|healthy|up|ok|green|ready|"
                "passing|passed|active|present|connected|online|errors?|warnings?)$",
            [BLOCK_BY] =
                "^(?:via|using|with|option|method|variant|variante|alternative|opci[óo]n|opç[ãa]o)\\b|^(?:オプション|方案|方式)",
            [BLOCK_IS_FILE] =
                "^(?:(?:new|config|configuration) )?(?:file|filename|script|datei|skript)"
                " ?:|^(?:ファイル|スクリプト) ?[:：]",
            [BLOCK_MAKES_FILE] =
                "\\b(?:create|add|save|write|update|edit|modify|change|append|insert|put)\\b|"
                "anlegen|erstell|bearbeit|ergänz|作成|編集|追加",
            [BLOCK_NEW_FILE] = "^(?:create|save|write|add)\\b|作成",
            [BLOCK_IS_OUTPUT] =
                "^(?:the )?(?:(?:expected|sample|example|typical|successful) )?(?:output|response|result)"
                "s?\\b[^.]{0,40}[:：]?$|^expected\\b[^.]{0,40}[:：]?$|"
                "(?:you (?:should|will) see|should (?:show|see|look like|print|return|display|output)|"
                "looks? (?:like|similar)|like (?:this|the following)|will (?:print|show|return|look)|\\b(?:prints|returns|shows)|"
                "the output is|ausgabe|(?:résultat|sortie)s? attendue?s?|resultado esperado|salida esperada|预期|输出|出力|実行結果|期待).{0,60}[:：]$",
            [BLOCK_PRINTED] =
                "^(?:the )?(?:(?:expected|sample|example|typical) )?(?:output|response|result)s?(?: (?:is|are|will be|should be|"
                "looks? like)(?: (?:this|the following|something like this))?)?\\W*$|\\b(?:prints?|outputs?) something like\\W*$|"
                "\\b(?:you (?:should|will|may|might)|should|will)(?: now| then| also)? see .{0,60}:$|\\b(?:output|response|something) (?:similar to|like) .{0,40}:$|\\boutput (?:is|looks) similar\\b.{0,30}:$",
            [BLOCK_NOT_TO_RUN] =
                "^(?:if|when|unless|do not|don't|never|falls|wenn|si|s['’]ils?|se|caso|quand|lorsque|cuando|quando|jeśli|jeżeli|gdy|indien|hvis|"
                "en cas d|em caso de|en caso de)\\b|^en cas d['’]|\\be\\.g\\.|"
                "\\b(?:instead of|such as|for example|like|avoid|z\\.B\\.)\\b|"
                "\\b(?:was|were|been|used to|wurden?|worden)\\b", /* it tells what has happened */
            [BLOCK_DENIES] =
                "\\b(?:never|do not|don['’]t|must not|mustn['’]t|should not|shouldn['’]t|may not|cannot|avoid|instead of|rather than|"
                "niemals|nicht|ne jamais|ne pas|nunca|jamás)\\b|\\b(?:not|without)(?: (?:using|running|doing|by|with|a|the|run))*\\s*$|切勿|请勿|不要|禁止",
            [BLOCK_IS_NO] =
                "^[^\\w\\s]*\\s*(?:no+ ?!+|never|don['’]ts?|wrong|bad|falsch|nein ?!+|not like this|so nicht|"
                "(?:do not|don['’]t|never) (?:ever )?(?:run|do|use|try)(?: (?:this|it|that))?)[!. ]*$",
            [BLOCK_WAITS] =
                "^(?:(?:then|now|and) )?(?:(?:wait|repeat(?: this| it)?|check again) (?:until|till) |wait for (?![^,]*[0-9])|warten,? bis |"
                "attend(?:re|ez) (?:que|jusqu)|esper(?:ar|e) (?:a |hasta )que |aguard(?:ar|e) (?:até|que) |poczekaj,? aż )",
            [BLOCK_BACK_CASE] =
                "^((?:only )?(?:before|after|until|once|as long as) (?:step|phase|stage|the "
                "(?:point of no return|cut ?over|switch|migration|upgrade|fail ?over|dns|promotion))\\b(?:[^,:;.]|\\.(?=[0-9]))*)[:,]",
            [BLOCK_SHOWS] =
                "^(?:returns?|shows?|works|prints?|reports?|succeeds|gives|lists?|answers|says|"
                "passes|exits|is|still|must|should|zeigt|liefert|gibt)\\b",
            [BLOCK_YIELDS] =
                "(?|^(?:=>|->|\xe2\x86\x92|\xe2\x87\x92) ?(.+)$|^([<>]=? ?[0-9][0-9.,]*)$)|^([1-5][0-9]{2})$|^(t|f|true|false|on|off|[0-9]+)$",
            [BLOCK_PRINTS] = "^(?:shows?|prints?|says|outputs?|reports?|answers|displays?|zeigt) ",
            [BLOCK_TO_RUN] =
                "^(?:(?:please|then|now|next|finally|first|also|again)[, ]+)*"
                "(?:run|rerun|execute|issue|type|enter|invoke|start|stop|restart|reload|apply|deploy|"
                "install|upgrade|downgrade|roll|create|add|delete|remove|drop|scale|drain|cordon|uncordon|"
                "promote|back ?up|dump|restore|copy|move|fetch|pull|push|build|flush|enable|disable|turn|"
                "set|switch|change|clear|tag|migrate|patch|take|"
                "führe|starte|stoppe|installiere|lösche|setze)\\b|"
                "(?:ausführen|starten|stoppen|実行|起動|停止)",
            [BLOCK_TO_LOOK] =
                "^(?:(?:please|then|now|next|finally|first|also|again)[, ]+)*"
                "(?:call|use|with|via|check|verify|confirm|test|wait|log|go|connect|look|see|show|list|make|"
                "ensure|monitor|watch|tail|prüfe)\\b|(?:prüfen|確認)",
            [BLOCK_SKIP] = "^[,:;]? *(?:then )?(?:skip|omit|ignore|leave out|do not|don't)\\b|"
                           ", (?:then )?(?:skip|omit|ignore|leave out|do not|don't)\\b",
            [BLOCK_SAYS_RUN] = "\\b(?:run|execute|type|enter|issue|invoke)\\b.*[:：]$|実行.*[:：]$|"
                               "\\b(?:ausführen|eingeben)[:：]$",
            [BLOCK_META_KEY] =
                "^(?:estimated )?(?:duration|downtime|time|(?:[a-z]+ )?window|owner|responsible|severity|"
                "status|version|last updated|dauer|ausfallzeit|wartungsfenster|verantwortlich|所要時間|担当)$",
            [BLOCK_META_COLUMN] =
                "^(?:field|key|item|attribute|property|parameter|feld|merkmal|項目)$",
            [BLOCK_TROUBLE] =
                "issue|fail|problem|wrong|critical|need|necess|error|not work|more than|last resort|"
                "fehler|problem|notwendig|échec|échou|erreur|falh|fall[oae]|nie powiedzie|niepowodz|błęd|ошибк|не удал|сбо[йя]|실패|오류|問題|失敗|失败|错误|異常|异常",
            [BLOCK_SIGNER] =
                "approv|\\bsign|\\blead\\b|owner|manager|officer|engineer|director|operator|"
                "\\bdba\\b|reviewe[rd]|authori[sz]ed|verified by|released by|freigabe|freigegeben|"
                "verantwortlich|承認|責任者|担当",
            [BLOCK_NEVER] =
                "^(?::[a-z0-9_+-]+: *)*(?:[^\\w\\s]*\\s*(?:warning|caution|important|note|attention|danger|achtung|wichtig|hinweis|"
                "注意|警告)[:!.：\\s]*)?[^\\w\\s]*\\s*"
                "(?:never|do not|don['’]t|must not|avoid|(?:[^.!?:,]{0,60}\\b)?(?:niemals|auf keinen fall)(?=[^,:]*[.!]?$)|bitte nicht(?=[^,:]*[.!]?$)|(?:strictly )?(?:forbidden|prohibited|not allowed|verboten)(?= ?:)|ne jamais|ne pas|nunca|絶対に|"
                "切勿|请勿|請勿|禁止|严禁|嚴禁|不要)(?![\\w'’])|^[^。，,:：a-z]{2,40}(?:请勿|切勿|严禁)|(?:しないでください|しないこと)[。.]?$",
            [BLOCK_NOT_THESE] =
                "^(?:and )?(?:not|instead of|rather than|anstelle von|statt|au lieu de|en lugar de|en vez de|em vez de|ao invés de)(?: (?:this|the following|running|folgende[mns]?))?:$|"
                "^[^\\w\\s]*\\s*(?:(?:warning|caution|danger|attention)[:! ]+)?(?:never|do not|don['’]t|must not)(?: ever)? "
                "(?:run|execute|use|do|type|try)(?: (?:any of )?(?:this|these|it|the following|them|that|such)"
                "(?: (?:commands?|lines?|block|way))?)?(?: (?:directly|by hand|manually|ever|here|at all))?[.!:]*$|"
                "絶対に(?:これを)?実行しない|(?:決して|絶対)実行しない|実行しないこと|実行禁止|^(?:请勿|切勿|禁止)(?:执行|运行)",
            [BLOCK_MUST] =
                "\\b(?:never|do not|don['’]t|must not) (?:ever )?(?:forget|skip|miss|omit|ignore|overlook|neglect)\\b",
            [BLOCK_RIGHT] =
                "^[^\\w\\s]*\\s*(?:right|good|correct|instead|better|ok|(?:do|use|run) (?:this|these|it))\\b",
            [BLOCK_EDIT_FILE] =
                "^(?:(?:then |now |also )?(?:edit|(?:change|set|update|add|put|replace|modify|adjust|uncomment|bump|comment out)\\b[^.;]* (?:in|to|of|inside)) "
                "(?:the |your )?`?([\\w./-]*(?:\\w\\.(?:ya?ml|json|conf|cfg|cnf|ini|env|toml|properties|xml|tf|tfvars)|(?<![\\w.])\\.env(?:\\.\\w+)?))\\b)",
            [BLOCK_NOT_BEGIN] =
                "\\b(?:not|never) (?:start|continue|proceed|begin|go on|deploy|restart|move on)\\b[^.]* before ",
            [BLOCK_NOT_LISTED] =
                "^[^\\w\\s]*\\s*(?:never|do not|don['’]ts?|must not|(?:strictly )?(?:forbidden|prohibited|not allowed)|verboten|niemals)\\b"
                "(?!.*\\b(?:if|when|unless|until|before|without|forget|skip|miss|wenn|falls|bis)\\b)[^.]*:$",
            [BLOCK_OBLIGES] =
                "\\b(?:must|(?:has|have|needs?) to|only|requires?|approval|point of no return|irreversible|"
                "(?:cannot|can['’]t|can not) be (?:undone|rolled back|reverted|used)|muss|nur|doit|debe)\\b",
            [BLOCK_WRONG] =
                "^[^\\w\\s]*\\s*(?:bad|wrong|incorrect|not like this|don['’]ts?|anti-?pattern|falsch|悪い例|誤り)"
                "(?: (?:ways?|examples?|approach|practices?|usage|commands?))?(?: \\([^)]*\\))?[:!.]*$",
            [BLOCK_NOT_YET] = "\\b(?:until|unless|before|bis|bevor|jusqu|avant)\\b|まで|之前",
            [BLOCK_UNDO] =
                "^(?:(?:how )?to )?(?:roll(?:ing)?[ -]?back|undo|revert|back[ -]?out|way back|rückweg)"
                "(?: (?:of )?(?:this|the|that)(?: (?:step|change|migration|deployment|release|phase))?|"
                " (?:steps?|plan|procedure|commands?|instructions?))*(?: \\([^)]*\\))?(?:,? (?:run|execute|use))?:?$|"
                "^(?:zurückrollen|zurücksetzen|rückgängig machen|rücknahme|retour (?:en )?arrière|annulation|reversión|revertir|deshacer|"
                "ripristino|回滚|回退|回滾|撤销|ロールバック|切り戻し|切戻し)(?:步骤|方案|操作|方法|手順)? ?(?::|：)?$|"
                "^(?:how )?to (?:roll back|undo|revert|back out)\\b.{0,70}:$|"
                "(?:→|[-=]>) ?(?:roll(?:ing)?[ -]?back|revert|(?:back|fail|switch)[ -](?:out|back))[^.:→]{0,30}:$|"
                "^(?:if|in case|when) (?!.*\\b(?:no|not|never|without|tested)\\b).{0,90}\\b(?:roll(?:ing)?[ -]?back|undo|revert|back out|(?:fail|switch) back)\\b[^.:]{0,30}:$",
            [BLOCK_AFTER_UNDO] =
                "^(?:after|once) (?:the |a |any )?(?:roll ?back|back ?out)\\b[^.]*:$|"
                "^(?:nach dem (?:rollback|zurückrollen))\\b[^.]*:$",
            [BLOCK_WAYS] =
                "^(?:(?:there (?:are|exist)|you have|we have) (two|three|four|five|[2-5])|"
                "(?:choose|pick|use|select|follow)(?: only| just)? one of (?:the|these)(?: following)?(?: (two|three|four|five|[2-5]))?)"
                " (?:(?:main|possible|available|different) )*(?:[a-z-]+ )?(?:options|ways|methods|approaches|alternatives|strategies)"
                "(?: (?:to|for|of) (?:roll|restor|revert|deploy|upgrad|migrat|releas|do |perform|proceed|install|updat|run |apply|"
                "recover|restart|back|undo|switch|(?:the|an?) (?:roll|restor|deploy|upgrad|migrat|releas))[^:.,;]{0,60})?(?: here| below)?[.:]$|"
                "^(?:pick|choose|select|use|do)(?: exactly| only| just)? (?:one|either)(?: of (?:them|these|those|the following|the two))?:$|"
                "(?:方式|方法|方案|手段)有(两|三|四|2|3|4) ?种|有(?:以下)?(两|三|四|2|3|4) ?种(?:方式|方法|方案)|次の(2|3|二|三) ?(?:つ|通り)の(?:方法|手順)のいずれか",
            [BLOCK_ALL_THESE] =
                "\\b(?:these|those|them|following|any of|all of|commands|lines)\\b|:$",
            [BLOCK_IN_FOLDER] = FOLDER_NAMED,
            [BLOCK_IN_SOME_FOLDER] = FOLDER_SOME,
            [BLOCK_STAGE_LABEL] =
                "^(?:in |on |for )?(" BLOCK_STAGES ")(?: environment| env| cluster)?:$",
            [BLOCK_ONLY_IN] =
                "^[^\\w\\s]*\\s*(?:(?:this|it|these)(?: step| section| block)? )?(?:(?:is |are |applies |apply |(?:must |should )?(?:be )?|please )?(?:run|do|use|execute|done|needed|required|relevant|necessary|applies|apply)?(?: this| it)? ?"
                "(?:only|just|exclusively) (?:needed |required |done |run |applies |relevant |necessary |to be run )?(?:for |in |on )(?:the |our )?(" BLOCK_STAGES
                ")|"
                "(" BLOCK_STAGES ")(?: environment| env)? only|only (" BLOCK_STAGES ")|"
                "(?:is |are )?(?:run|do|use|needed|required|relevant)(?: this| these| it)? (?:for|in|on) (?:the )?(" BLOCK_STAGES
                ") only)(?: environment| env| cluster| servers?| hosts?)?[.:!]?$",
            [BLOCK_NOT_IN] =
                "^[^\\w\\s]*\\s*(?:(?:this|it|these)(?: step| section| block| commands?)? )?(?:(?:(?:do not|don['’]t|never|must not|should not|shouldn['’]t|may not|not to)(?: be)?(?: (?:run|do|done|use|used|execute|executed|apply|applied))?(?: this| it| these| that)?)|"
                "skip(?: this| it| these)?(?: step| section)?|omit(?: this| it)?|(?:is |are )?not (?:needed|required|necessary|relevant|applicable|done|run|used)|not) "
                "(?:in|on|for) (?:the |our |any )?(?:(" BLOCK_STAGES
                ")\\b|((?:read |hot |all |single |passive )?(?:replicas?|secondar(?:y|ies)|standbys?|followers?|slaves?|primar(?:y|ies)|masters?|leaders?|instances?|nodes?|clusters?|workers?|hotfix(?:es)?|minor releases|patch releases)\\b))[^.]*[.:!]?$",
            [BLOCK_ALL_HERE] =
                "^(?:(?:unless|if not|wherever|except where)[^,]{1,60}, )?(?:please )?(?:"
                "(?:all|every|each|any)(?: of)?(?: the| these| this)?(?: following| other| shell)? (?:commands?|steps?)\\b.*\\b(?:run|runs|executed|issued|performed|done|happens?|entered|typed|started|carried out)\\b|"
                "(?:the (?:following )?commands?|commands)(?: below| here| in this [a-z]+| on this [a-z]+)* (?:are|is|must be|should be|have to be|need to be) (?:all )?(?:to be )?(?:run|executed|issued|performed)\\b|"
                "(?:everything|all)(?: else)? (?:below|here|that follows|in this \\w+|on this \\w+)\\b(?: (?:is|runs?|happens?|must|should|assumes?|from|in|on)\\b)|"
                "(?:run|do|execute) (?:everything|all of this|all of these|all (?:the )?commands|all steps|all of it)\\b|"
                "alle (?:befehle|kommandos|schritte|aufrufe)\\b.*(?:ausgeführt|ausführen|laufen|abgesetzt)|toutes les commandes\\b.*(?:lanc|exécut|tap)|todos los comandos\\b.*(?:ejecut|lanz)|"
                "todos os comandos\\b.*(?:execut|rod)|wszystkie polecenia\\b.*(?:wykon|uruch)|все команды.*(?:выполн|запуск)|모든 (?:명령|작업).*실행|(?:以下|所有|下列)(?:的)?(?:所有)?命令.*执行|(?:以下の|すべての|全ての)?コマンド(?:は|を).*実行)",
            [BLOCK_RUN_HERE] =
                "^(?:to be )?(?:run|executed?|do)(?: this| it| these)? (?:from|in|on|inside)\\b",
            [BLOCK_WILL] =
                "(?:^|[.!] )(?:it|this|(?:this|the) (?:[\\w-]+ ){0,3}(?:feature|script|command|playbook|job|tool|workflow|pipeline))"
                " (?:will|does|performs)(?: the following| automatically)?:?$",
            [BLOCK_CI] =
                "^(?:the )?(?:ci(?:/cd)?|pipeline|github actions?|gitlab(?: ci)?|jenkins)(?: pipeline| workflow| job)? "
                "(?:executes|runs|performs|does|checks|will)(?: the following| automatically)?(?: steps)?:?$",
            [BLOCK_DESCRIBES] =
                "^(?:this|it|the (?:script|command|playbook|job))(?: (?:script|command))? "
                "(?:will|does|performs)(?: the following| automatically)?:$|"
                "^(?:available|valid|supported|possible) [\\w ]+:$|^what (?:it|this) does:?$",
            [BLOCK_SHOULD] =
                "^(?:and |also |then )*"
                "(?:(?:the |its )?(?:(?:command|query|script|last|first)(?:['’]s)? )?"
                "(?:output|results?|response|answer|command|query|status(?: code)?|exit code|value|count|list|version)|"
                "it|this|that|there|both|all|each|these|they|you|nothing|logs?|pages?|site|service|pods?|replication|lag|health|console|"
                "no (?:rows?|lines?|errors?)|`[^`]+`|"
                "(?:the|all|both|each|your|our) [\\w-]+(?: [\\w-]+){0,3}?)(?: of [^,.]{1,40})? "
                "(?:(?:should|must|(?:has|have|needs?) to) (?!not be (?:run|interrupted|stopped|used)|be (?:done|run|executed|repeated|started|"
                "performed|used|called|installed|restarted|rebooted|deployed|informed|notified|scheduled|avoided|"
                "considered|kept|taken|made|merged|approved|reviewed|coordinated|aware|careful|able)\\b|consider|take|last|only|never|complete|finish|then|now|also|see )|"
                "will (?=show|print|return|list|output|display|say|be empty)|"
                "(?=(?:returns?|prints|exits|outputs) .*(?:[0-9]|`|\"|nothing|OK\\b)))(.+)$",
            [BLOCK_SHOULD_TOO] =
                "^(?:[^\\s.:;]+ ){0,6}?(?:não )?(?:doit|doivent|debe|deben|deberá|muss|müssen|darf|dürfen|sollte|deve|devem) (?!être (?:fait|lanc|exécut)|ser (?:hech|ejecut)|wird|warten)\\S|"
                "^[^。]*(?:であること|ていること|ないこと|があること|以上あること|以下であること)[。.]?$",
            [BLOCK_MUST_SHOW] =
                "^(?!(?:you|we|they|users?|nobody|somebody|someone|everybody|everyone|teams?|people|dbas?|customers?|operators?|engineers?)\\b)"
                "(?:[A-Z`][\\w`/=.-]*)(?: [\\w`/=.-]+){0,3} (?:must|should|has to|have to) (?:have|show|say|read|print|contain|list|equal|report|match)\\b|"
                "^[\"`\xe2\x80\x9c][^\"`]{1,120}?[\"`\xe2\x80\x9d] ?(?:must|should|has to|have to) (?:appear|be (?:shown|printed|displayed|there|listed))\\b",
            [BLOCK_SYSTEM] = "^(?:(?:on|for|in) )?" BLOCK_SYSTEMS
                             "(?:(?: ?/ ?|,? and |,? or |, )" BLOCK_SYSTEMS ")*"
                             "(?: users?| only| hosts?)?(?: \\([^)]*\\))?:?$",
            [BLOCK_SYSTEM_HERE] = "linux|unix|wsl|ubuntu|debian",
            [BLOCK_RESTORES] =
                "^(?:(?:how )?to )?restor(?:e|ing)\\b(?!.*\\b(?:test|scratch|temp|verif|staging|drill|copy))",
            [BLOCK_IS_BACK] =
                "^(?:if|when|in case) .*\\b(?:fail|issue|problem|wrong|error|critical).*\\b(?:roll ?back|revert|undo|back out)\\b",
            [BLOCK_STOPS] =
                "^(?:to )?(?:stop|shut ?down|tear ?down|clean ?up)(?: and remove)?(?: (?:all|everything|it|them|"
                "the|services?|containers?|servers?|stack|app|application|when done|afterwards|again))*$",
            [BLOCK_IS_MESSAGE] =
                "template|\\b(?:post|send|announce|message|notify|mail|e-?mail|slack|status page)\\b.*:$|"
                "vorlage|nachricht|テンプレート|連絡",
};
