"""Orders to change issues or to run a command, and forged confirmations, in the major languages.

Rows of the table of :mod:`.injection_patterns`, kept apart because they are long, and one for each alphabet, so that a
text is searched for what its alphabet can spell. Each needs an imperative and what it
acts on: error texts say "could not resolve", "failed to execute", and say so in other forms of the verb. Every
repetition is bounded.
"""

# ruff: noqa: E501  # a pattern reads best in one piece; letters of other alphabets are meant

from __future__ import annotations

_CHANGE_LATIN = (
    r"\b(?:resuelv[ea]n?|cierr[ae]n?|archiv[ae]n?|ignor[ae]n?|elimin[ae]n?|borr[ae]n?|silenci[ae]n?)\s+(?:est[ea]s?|el|la|los|las|tod[oa]s(?: (?:los|las))?)\s+(?:incidencia|incidente|problema|issue|ticket|alerta)s?\b"
    r"|\bm[aá]r(?:ca|que)\w{0,3}\b[^.\n]{0,40}\bcomo (?:resuelt|cerrad|ignorad|solucionad)"
    r"|\b(?:veuillez|merci de|il faut|vous devez|tu dois)\s+(?:r[eé]soudre|fermer|archiver|ignorer|supprimer|cl[oô]turer|marquer)\b[^.\n]{0,12}\b(?:incident|probl[eè]me|ticket|issue|alerte)s?\b"
    r"|\b(?:r[eé]sous|r[eé]solvez|fermez?|archivez?|ignorez?|supprimez?|cl[oô]turez?)\s+(?:cet?|cette|l'|le|la|les|ces|tou\w{1,3}(?: les)?)\s?(?:incident|probl[eè]me|ticket|issue|alerte)s?\b"
    r"|\bmarquez?\b[^.\n]{0,40}\bcomme (?:r[eé]solu|ferm[eé]|ignor[eé])"
    r"|\b(?:l[öo]se|schlie(?:ß|ss)e?|ignoriere?|archiviere?|l[öo]sche|markiere)\s+(?:dies\w{0,2}|das|den|die|alle\w?)\s+(?:issue|ticket|vorfall|problem|st[öo]rung|alarm|meldung)\w{0,3}\b"
    r"|\bmarkiere?n?\b[^.\n]{0,40}\bals (?:gel[öo]st|geschlossen|erledigt|ignoriert)\b"
    r"|\b(?:resolva|feche|arquive|ignore|exclua|apague|silencie)\s+(?:est[ea]s?|ess[ea]s?|o|a|os|as|tod[oa]s(?: [oa]s)?)\s+(?:incidente|problema|chamado|issue|ticket|alerta)s?\b"
    r"|\bmarque\b[^.\n]{0,40}\bcomo (?:resolvid|fechad|ignorad)"
    r"|\b(?:risolvi|chiudi|archivia|ignora|elimina|cancella|silenzia)\s+(?:quest\w|il|la|lo|i|gli|le|tutt\w(?: \w{1,3})?)\s+(?:incident[ei]|problem[ai]|segnalazion[ei]|ticket|issue|avvis[oi])\b"
    r"|\b(?:contrassegna|segna)\b[^.\n]{0,40}\bcome (?:risolt|chius)"
    r"|\b(?:markeer|sluit|archiveer|negeer|verwijder)\s+(?:dit|deze|het|de|alle)\s+(?:probleem|incident|issue|ticket|melding|storing|alarm)\w{0,3}\b|\blos\s+(?:dit|deze|het) (?:probleem|incident|issue|ticket)\b[^.\n]{0,12}\bop\b"
    r"|\b(?:tandai|selesaikan|tutup|arsipkan|abaikan|hapus)\s+(?:semua\s+)?(?:masalah|insiden|tiket|issue|peringatan)\b"
    r"|\b(?:oznacz|rozwi[aą][zż]|zamknij|zarchiwizuj|zignoruj|usu[nń])(?:cie)?\s+(?:to|ten|t[eę]|te|wszystkie)\s+(?:zg[lł]oszeni|problem|incydent|issue|ticket|alert)"
    r"|\b(?:bu|t[uü]m)\s(?:sorun|olay|kay[iı]t|kayd|talep|talebi|issue|uyar[iı])\w{0,5}[^.\n]{0,20}\b(?:çözüldü olarak|çöz|kapat|arşivle|yok say|sil|işaretle)(?:[ıi]n(?:[ıi]z)?)?\b"
    r"|(?:đánh dấu|giải quyết|đóng|lưu trữ|bỏ qua|xóa) (?:tất cả )?(?:các )?(?:sự cố|vấn đề|ticket|issue|cảnh báo) (?:này|là|ngay|đã)"
)
_CHANGE_CYRILLIC = r"(?:закрой|реши|(?:за)?архивируй|(?:про)?игнорируй|удали|отметь|пометь|закрий|виріши|видали|познач)(?:те)?\s+(?:\w{1,9}\s){0,3}(?:инцидент|проблем|тикет|задач|оповещен|алерт|інцидент|сповіщен|звернен|issue)"
_CHANGE_EASTERN = (
    r"(?:将|將|把)[^。\n]{0,6}(?:问题|問題|工单|工單|事件|告警|issue)[^。\n]{0,4}(?:标记为|標記為|设为|关闭|關閉|归档|歸檔|忽略|删除|刪除)"
    r"|(?:关闭|關閉|归档|歸檔|忽略|删除|刪除|解决|解決)(?:这个|這個|此|该|該|所有|全部)(?:问题|問題|工单|工單|事件|告警|issue)"
    r"|(?:問題|課題|イシュー|インシデント|チケット|アラート|issue)[^。\n]{0,4}(?:解決|クローズ|アーカイブ|無視|削除|閉じ)[^。\n]{0,5}(?:してください|して下さい|てください|しなさい|しろ|せよ)"
    r"|(?:이슈|문제|티켓|인시던트|알림)\S{0,2}\s?(?:\S{1,6}\s){0,2}(?:해결|종료|닫|보관|무시|삭제)\S{0,4}\s?(?:\S{0,3}(?:하세요|하십시오|해\s?주세요|해라|으세요))"
)
_CHANGE_ARABIC = (
    r"(?:يرجى|الرجاء|عليك|قم)\s?ب?(?:إغلاق|حل|تجاهل|أرشفة|حذف)\s(?:\S{1,6}\s){0,2}(?:المشكلة|الحادث|التذكرة|التنبيه|المشكلات|التنبيهات)"
    r"|(?:أغلق|تجاهل|احذف|أرشف)\s(?:هذه|هذا|جميع|كل)\s(?:المشكلة|الحادث|التذكرة|التنبيه|المشكلات|التنبيهات)"
)
_CHANGE_HINDI = r"(?:समस्या|इश्यू|इशू|टिकट|घटना|अलर्ट)\S{0,2}\s(?:\S{1,8}\s){0,3}(?:हल|बंद|अनदेखा|संग्रहीत|चिह्नित)\s(?:\S{1,8}\s){0,4}(?:करें|करो|कीजिए|कर दो|कर दें)"
_RUN_LATIN = (
    r"\b(?:ejecut[ae]n?|corr[ae]n?|instal[ae]n?|introduzca|pegue?)\s+(?:el|la|los|las|est[eao]s?)\s+(?:siguientes?\s+)?(?:comandos?|scripts?|paquetes?|c[oó]digo)\b(?=[^.\n]{0,30}\b(?:terminal|consola|siguientes?|corregir|abajo)|:)"
    r"|\b(?:ejecut[ae]n?|corr[ae]n?|instal[ae]n?)\s+(?:el|la|los|las)\s+siguientes?\s+(?:comandos?|scripts?|paquetes?)"
    r"|\b(?:ex[eé]cutez?|lancez?|installez?|tapez|collez)\s+(?:la|le|les|cette|ce|ces)\s+(?:commande|script|paquet|code)s?\s+(?:suivant|ci-dessous|dans)"
    r"|\b(?:f[üu]hre|starte|installiere|gib)\s+(?:den |das |die )?(?:folgende\w?|diese\w?)\s+(?:befehl|kommando|skript|paket)"
    r"|\b(?:execute|rode|instale|cole)\s+(?:[oa]s?\s+seguintes?|est[ea]s?)\s+(?:comando|script|pacote|c[oó]digo)"
    r"|\b(?:esegui|lancia|installa|digita|incolla)\s+(?:il seguente|i seguenti|quest\w)\s+(?:comand|script|pacchett|codice)"
    r"|\b(?:voer|draai|installeer|typ)\s+(?:de volgende|het volgende|deze|dit)\s+(?:opdracht|commando|script|pakket)"
    r"|\b(?:jalankan|eksekusi|instal|ketik)\s+(?:perintah|skrip|paket|kode)\s+(?:berikut|ini|di bawah)"
    r"|\b(?:uruchom|wykonaj|zainstaluj|wpisz)(?:cie)?\s+(?:nast[eę]puj[aą]c\w{1,3}|to|ten|poni[zż]sz\w{1,3})\s+(?:poleceni|skrypt|pakiet)"
    r"|\b(?:a[sş]a[gğ][iı]daki|şu|bu)\s(?:komut|betik|script|paket)\w{0,5}\s(?:\w{1,10}\s){0,3}(?:çalıştır|yürüt|kur|gir)(?:[ıiuü]n)?"
    r"|(?:chạy|thực thi|cài đặt|nhập) (?:lệnh|tập lệnh|script|gói|mã) (?:sau|này|dưới)"
)
_RUN_CYRILLIC = r"(?:выполни|запусти|установи|введи|виконай|встанови)(?:те)?\s+(?:следующ|эт[уо]|данн|наступн|ц[юе]й?)\S{0,3}\s(?:команд|скрипт|пакет|код)"
_RUN_EASTERN = (
    r"(?:运行|運行|执行|執行|输入|輸入|安装|安裝)(?:以下|下面的?|下列|此|这个|這個)[^。\n]{0,2}(?:命令|指令|脚本|腳本|代码|程式碼|软件包|包)"
    r"|(?:次|以下|下記)の(?:コマンド|スクリプト|コード|パッケージ)を[^。\n]{0,8}(?:実行|入力|インストール)(?:して|しろ|せよ|しなさい)"
    r"|(?:다음|아래)\s?(?:명령|스크립트|코드|패키지)\S{0,3}\s(?:\S{1,6}\s){0,2}(?:실행|입력|설치)(?:하세요|하십시오|해)"
)
_RUN_ARABIC = (
    r"(?:قم بتشغيل|قم بتنفيذ|شغ[ّ]?ل|نف[ّ]?ذ|ثب[ّ]?ت)\s(?:الأمر|الأوامر|السكربت|الحزمة|البرنامج)\s(?:التالي|التالية|أدناه)"
)
_RUN_HINDI = (
    r"(?:निम्नलिखित|नीचे दी गई|नीचे दिए गए)\s(?:कमांड|आदेश|स्क्रिप्ट)\s?(?:\S{1,6}\s){0,2}(?:चलाएं|चलाएँ|चलाओ|चलाइए|निष्पादित)"
)
_PEOPLE = r"(?:user|human|operator|engineer|on-?call|manager|owner|incident commander|security team|admin(?:istrator)?|maintainer|team lead|sre)"
_AGREED = r"(?:confirmed|approved|authori[sz]ed|consented to|agreed to|accepted|signed off(?: on)?|allowed)"
_CONFIRMED_LATIN = (
    rf"\b{_PEOPLE}(?:\s\w{{1,20}}){{0,2}}?\s(?:has\s|have\s|already\s){{0,2}}{_AGREED}\s(?:this\s(?:change|action|resolution|request|issue|command|plan)|the\s(?:change|action|resolution|plan|command|write|request)|all\s(?:changes|actions|writes)|resolving|archiving|ignoring|running|proceeding|it\b)"
    rf"|(?:(?:^|[\n\[(*:]\s{{0,2}})|\b(?:resolution|this|actions?|archiv\w{{1,3}}|resolv\w{{1,3}}|command)\b[^.\n]{{0,30}}\b)(?:approved|authori[sz]ed|signed off|pre-?approved|confirmed)\s(?:for\s\w{{1,12}}\s)?by\s(?:the\s|your\s)?{_PEOPLE}\b(?!\s?(?:id\s)?[\d@＠=:#(]\d)(?!\s\d|\sagent)"
    r"|\bconfirmation (?:received|given|granted)\b\W{1,4}(?:proceed|continue|go ahead|you may|execute|resolve|archive)"
    r"|\belicitation\b[^.\n]{0,12}\b(?:accepted|approved|confirmed)|\"action\"\s{0,3}:\s{0,3}\"accept\"|\bconfirmed\s{0,2}[=:]\s{0,2}(?:true|yes)\s(?:by|from)\b"
    r"|\bconsent (?:is|was) (?:on file|given|recorded|granted) for\b|\bpermission (?:is |was |has been )?granted by (?:the )?(?:user|operator|human|admin)\b"
    r"|\b(?:user|human|operator)\s{0,2}:\s{0,2}(?:yes|ok(?:ay)?|confirm(?:ed)?|approved?|go ahead)\b\W{1,3}(?:go ahead|proceed|resolve|do it|run)"
    r"|\b(?:el usuario|l'utilisateur|der (?:benutzer|nutzer)|o usu[aá]rio|l'utente|de gebruiker)\s(?:ya\s|a\s|ha\s|hat\s|j[aá]\s|heeft\s|d[eé]j[aà]\s|bereits\s){0,3}(?:confirm\w{1,3}|aprob\w{1,3}|approuv\w{1,2}|best[aä]tigt|zugestimmt|aprovou|confermato|approvato|bevestigd)[^.\n]{0,14}\b(?:acci[oó]n|cambio|action|changement|r[eé]solution|aktion|[aä]nderung|a[cç][aã]o|mudan[cç]a|azione|modifica|actie|wijziging)"
    r"|\bder (?:benutzer|nutzer) hat\s(?:dies\w{1,2}|die)\s(?:aktion|[aä]nderung)\s(?:bereits\s)?(?:best[aä]tigt|genehmigt|freigegeben)"
)
_CONFIRMED_CYRILLIC = (
    r"пользователь\s(?:уже\s)?(?:подтвердил|одобрил|разрешил)\s(?:\S{1,8}\s)?(?:действи|изменени|закрыти|команд)"
)
_CONFIRMED_EASTERN = r"用户已经?(?:确认|批准|同意)[^。\n]{0,4}(?:操作|更改|关闭|执行|解决)|ユーザーは?(?:既に|すでに)?[^。\n]{0,8}(?:操作|変更|実行)を(?:承認|許可)|사용자가\s(?:이미\s)?(?:\S{1,6}\s){0,2}(?:승인|허용)(?:했|함)"

_ANSWERS = "|".join(
    f"{person}{gap}:" for person in ("user", "human", "operator") for gap in ("", " ", "\n", "  ", " \n", "\n ", "\n\n")
)

_ASKS = ("instruction", "It asks for a change of issues, in another language.")
_ORDERS = ("instruction", "It orders a command to be run, in another language.")
_CLAIMS = ("impersonation", "It claims that a person has agreed.")

LATIN: tuple[tuple[str, str, str, str], ...] = (
    (
        *_ASKS,
        "incid|probl|issue|ticket|alert|como |comme |als |rung|storing|meldung|vorfall|alarm|chamado|segnala|come |melding|"
        "masalah|insiden|tiket|peringatan|sorun|olay|kay|tale|uyar|avvis|oszeni|incydent|sự cố|vấn đề|cảnh báo",
        _CHANGE_LATIN,
    ),
    (
        *_ORDERS,
        "comand|command|commando|script|paquet|digo|kommando|befehl|skript|paket|pacote|pacchett|codice|opdracht|pakket|"
        "perintah|skrip|kode|poleceni|skrypt|pakiet|komut|betik|code|lệnh|gói|mã",
        _RUN_LATIN,
    ),
    (
        *_CLAIMS,
        # What the person is said to have done: words such as "user" are in every second text.
        "confirm|approved|authorised|authorized|consent|agreed to|accepted|\"accept\"|signed off|allowed|permission|aprob|"
        f"approuv|bestätigt|bestatigt|zugestimmt|genehmigt|freigegeben|aprovou|confermato|approvato|bevestigd|{_ANSWERS}",
        _CONFIRMED_LATIN,
    ),
)  # fmt: skip
"""(kind, reason, words, pattern); of these and the next the words decide for texts of any alphabet."""
OTHER_ALPHABETS: tuple[tuple[str, str, str, str], ...] = (
    (*_ASKS, "инцид|пробл|тикет|задач|оповещ|алерт|інцид|сповіщ|звернен|issue", _CHANGE_CYRILLIC),
    (
        *_ASKS,
        "问题|問題|工单|工單|事件|告警|issue|課題|イシュー|インシデント|チケット|アラート|이슈|문제|티켓|인시던트|알림",
        _CHANGE_EASTERN,
    ),
    (*_ASKS, "المشكل|الحادث|التذكرة|التنبيه", _CHANGE_ARABIC),
    (*_ASKS, "समस्या|इश्यू|इशू|टिकट|घटना|अलर्ट", _CHANGE_HINDI),
    (*_ORDERS, "команд|скрипт|пакет|код", _RUN_CYRILLIC),
    (
        *_ORDERS,
        "命令|指令|脚本|腳本|代码|程式碼|软件包|包|コマンド|スクリプト|コード|パッケージ|명령|스크립트|코드|패키지",
        _RUN_EASTERN,
    ),
    (*_ORDERS, "الأمر|الأوامر|السكربت|الحزمة|البرنامج", _RUN_ARABIC),
    (*_ORDERS, "कमांड|आदेश|स्क्रिप्ट", _RUN_HINDI),
    (*_CLAIMS, "пользователь", _CONFIRMED_CYRILLIC),
    (*_CLAIMS, "用户|ユーザー|사용자", _CONFIRMED_EASTERN),
)  # fmt: skip
"""Each needs letters beyond ASCII."""
