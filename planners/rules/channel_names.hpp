// The closed list of channels and how people write them. Internal to channels.cpp.
#pragma once

#include "planners/rules/lexicon.hpp"

namespace spreaders::planners::rules {

struct Alias {
  std::string_view names;
  std::string_view organic;  // "" = there is only the paid form
  std::string_view paid;     // "" = cannot be advertised on
};

constexpr Alias kAliases[] = {
    {"instagram|insta|ig|instagran|instagram_reels|instagram_stories|instagram_story|reels|インスタグラム|インスタ",
     "instagram", "instagram_ads"},
    {"facebook|fb|face|feisbuk|facbook|facebook_page|facebook_group|facebook_groups|フェイスブック", "facebook",
     "facebook_ads"},
    {"tiktok|tik_tok|tik_toks|tiktoks|ティックトック", "tiktok", "tiktok_ads"},
    {"youtube|you_tube|yt|youtube_shorts|yt_shorts|ユーチューブ", "youtube", "youtube_ads"},
    {"linkedin|linked_in|リンクトイン|リンクドイン", "linkedin", "linkedin_ads"},
    {"twitter|tweet|tweets|tweeting|ツイッター|ツイート|tuits|tuit|twittern", "x", "x_ads"},
    {"pinterest|pins|pin|epingles|ピンタレスト", "pinterest", "pinterest_ads"},
    {"snapchat|snap|snaps|スナップチャット", "snapchat", "snapchat_ads"},
    {"reddit|subreddit|subreddits|レディット", "reddit", ""},
    {"twitch|ツイッチ", "twitch", ""},
    {"discord|ディスコード", "discord", ""},
    {"google|google_search|adwords|google_adwords|search_ads|ppc|sem|グーグル|search_engine_ads|リスティング", "",
     "google_ads"},
    {"email|e_mail|emails|e_mails|e_mailing|emailing|e_mailings|mailing|mailings|mail|mails|emailed|correo|correos|"
     "coreo|corrreo|correro|coreos|courrel|couriel|e_mial|e_mial|newsleter_mail|correo_electronico|correos_"
     "electronicos|courriel|courriels|メール|メルマガ|メールマガジン|eメール|mailer|"
     "mailshot|rundmail|emailer|mail_blast|メール配信|newsletter_per_mail|e_mail_kampagne",
     "email", ""},
    {"sms|text_message|text_messages|text_messaging|texto|textos|textnachricht|textnachrichten|mensaje_de_texto|"
     "mensajes_de_texto|mensagem_de_texto|mensagens_de_texto|ショートメッセージ|ショートメール|texting|kurznachricht|"
     "kurznachrichten|message_texte|torpedo|torpedos|smses|sms_message|sms_messages|text_blast|text_reminder|text_"
     "reminders",
     "sms", ""},
    {"push|push_notification|push_notifications|push_notifs|app_notification|app_notifications|notification_push|"
     "notifications_push|notificacion_push|notificaciones_push|notificacao_push|notificacoes_push|push_nachricht|push_"
     "nachrichten|push_benachrichtigung|push_benachrichtigungen|push_mitteilung|push_mitteilungen|プッシュ通知|"
     "プッシュ|アプリ通知|push_message|push_messages|push_alert|push_alerts|in_app_notification|in_app_notifications|"
     "mobile_push|notificaciones_de_la_app|notificacion_de_la_app",
     "push", ""},
};
constexpr std::string_view kFuzzy[] = {"instagram", "facebook",  "tiktok",   "youtube",   "linkedin",
                                       "twitter",   "pinterest", "snapchat", "reddit",    "twitch",
                                       "discord",   "email",     "google",   "newsletter"};

struct Compiled {
  std::vector<std::vector<std::string>> names;
  const Alias* alias;
};

inline const std::vector<Compiled>& aliases() {
  static const std::vector<Compiled> table = [] {
    std::vector<Compiled> out;
    for (const Alias& alias : kAliases) out.push_back({parse_entries(alias.names), &alias});
    return out;
  }();
  return table;
}

}  // namespace spreaders::planners::rules
