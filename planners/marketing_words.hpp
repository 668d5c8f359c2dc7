// Words of marketing that mean the same, for the search of tools (core/tool_search.hpp): a row is one meaning. Some
// common words of German, French, Spanish, Italian and Portuguese are among them, since goals are typed in these
// languages too.
#pragma once

#include <string_view>
#include <vector>

namespace spreaders::planners {

inline const std::vector<std::string_view> kMarketingSynonyms = {
    // channels and networks
    "email mail newsletter mailing mails inbox correo courriel", "sms text texting",
    "push notification alert notify benachrichtigung", "twitter x tweet tweets", "facebook fb meta",
    "instagram insta ig", "linkedin li", "youtube yt", "tiktok tt", "pinterest pin pins board", "reddit subreddit",
    "discord server guild", "twitch streamer", "snapchat snap", "social network networks media",
    // things that are made
    "post publish share upload put posten veröffentlichen publier publicar publicación beitrag",
    "video clip film movie footage reel", "reel reels short shorts", "story stories",
    "image photo picture visual graphic bild imagen creative", "carousel slideshow album gallery",
    "thumbnail cover preview", "text copy wording caption words write texte texto", "headline title heading titel",
    "subject betreff asunto objet", "hashtag hashtags tag tags", "article blog essay longform", "script screenplay",
    "slogan tagline motto", "banner display", "voice speech audio spoken dictate recording transcribe transcription",
    "template design layout vorlage plantilla modèle",
    "translate translation localize language übersetzen traducir traduire",
    "summary summarize recap digest zusammenfassung résumé resumen",
    "generate create make write draft produce compose generieren erstellen crear créer",
    "idea ideas suggest brainstorm recommend recommendation proposal",
    "improve optimize optimise better enhance tune rewrite", "press release announcement news",
    "landing page website site", "product item catalog catalogue", "description describe blurb",
    // running things
    "campaign kampagne campaña campagne initiative drive", "create new add start set setup open launch build anlegen",
    "schedule plan later planen programar planifier timing calendar", "calendar planner agenda",
    "execute run launch start go trigger fire starten lancer lanzar", "pause halt suspend hold stop anhalten",
    "resume continue unpause restart reactivate", "cancel stop abort end terminate kill abbrechen annuler cancelar",
    "clone copy duplicate replicate kopieren", "update change edit modify adjust revise ändern",
    "delete remove erase drop löschen supprimer borrar eliminar",
    "list show view see display browse fetch retrieve anzeigen", "status state progress running",
    "history log past previous changes record records verlauf", "test experiment trial",
    "ab split variant variants versus", "undo revert restore rollback back",
    "send deliver dispatch blast shoot mail senden envoyer enviar verschicken",
    "reply respond answer antworten répondre responder", "comment comments",
    "message dm messages chat direct conversation", "moderate hide spam abuse filter", "like likes heart favorite",
    "follow followers follower fans", "retweet repost reshare", "mention mentions",
    "monitor watch listen listening track tracking observe", "thread threads tweetstorm",
    "live stream livestream broadcast streaming", "poll survey vote question", "event events", "playlist playlists",
    "group groups community", "channel channels", "automate automation automatic workflow flow journey sequence drip",
    // people
    "audience segment target people group crowd zielgruppe audiencia",
    "subscriber subscribers contact contacts reader readers recipient recipients member members abonnenten "
    "suscriptores abonnés kontakte empfänger",
    "list lists liste lista", "customer customers client clients buyer buyers kunde kunden clientes",
    "unsubscribe opt optout suppress", "import load upload ingest", "export download extract csv dump",
    "user account profile login member person nutzer usuario",
    "role roles permission permissions access rights grant authorize", "authenticate login signin log password sign",
    "team collaborator colleague staff", "influencer influencers creator creators ambassador",
    "lead leads prospect prospects", "preference preferences settings setting options",
    "consent gdpr privacy compliance compliant legal", "token key credential secret apikey", "session sessions",
    "invite invitation",
    // measuring
    "analytics statistics stats numbers figures metrics metric insights performance data kpi zahlen statistik "
    "estadísticas statistiques",
    "report reports reporting dashboard bericht informe rapport", "overview summary glance total totals",
    "engagement interaction interactions interact reactions reaction", "open opens opened read geöffnet",
    "click clicks clicked clickthrough ctr links link",
    "conversion conversions converted sale sales order orders purchase purchases bought sold bestellung",
    "reach impressions views exposure seen", "bounce bounces bounced deliverability delivery undelivered reputation",
    "roi roas return profit worth payback", "cost costs spend spending spent expense money kosten",
    "budget budgets money funds", "revenue income earnings turnover umsatz", "trend trends trending viral popular hot",
    "compare comparison benchmark versus against", "competitor competitors competition rival rivals konkurrenz",
    "predict forecast prediction estimate projection future expect", "attribution source credit touchpoint",
    "funnel drop dropoff", "cohort retention churn", "sentiment mood feeling tone opinion",
    "demographics age gender geography country", "demographic demographics", "best optimal ideal",
    "time hour moment when", "score rate rating grade quality", "traffic visitors visits visitor",
    "realtime live current instantly", "anomaly unusual spike suspicious odd", "growth grow growing increase",
    // ads
    "ad ads advert advertisement advertising paid sponsored anzeige anuncio annonce", "google adwords ppc search",
    "bid bids bidding auction cpc", "keyword keywords seo search", "retarget retargeting remarketing",
    "lookalike similar", "creative creatives", "boost promote sponsor",
    // operations
    "security secure protect safety", "audit log trail logs", "encrypt encryption",
    "threat attack breach intrusion hack hacker", "backup restore snapshot save", "database db storage table sql query",
    "schema migration migrate", "health alive check status diagnose", "limit limits quota throttle rate",
    "webhook callback hook", "integration integrate connect connection connector link",
    "file files document documents asset assets", "store save keep",
    "search find look lookup locate suchen buscar chercher", "validate check verify valid",
    "alert alarm warn warning notify", "reminder remind", "mobile phone device app", "slack teams",
    "approve approval sign confirm", "version versions revision", "library archive repository",
    "category categorize classify label", "merge combine join", "two second multi factor mfa otp code",
    "ip address block ban blacklist", "coupon discount voucher promo offer rabatt", "faq questions",
    "quote testimonial review reviews", "brand branding voice", "style tone voice"};

}  // namespace spreaders::planners
