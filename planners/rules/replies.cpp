#include "planners/rules/replies.hpp"

#include <array>

namespace spreaders::planners::rules {
namespace {

struct Line {
  std::string_view key;
  std::array<std::string_view, kLangCount> text;  // en es fr de pt ja
};

constexpr Line kQuestions[] = {
    {"channels",
     {"Which channels should this use?", "¿Qué canales quieres usar?", "Quels canaux faut-il utiliser ?",
      "Welche Kanäle sollen genutzt werden?", "Quais canais devemos usar?", "どのチャネルを使いますか。"}},
    {"channels.contradiction",
     {"The channels contradict each other. Which ones do you want?", "Los canales se contradicen. ¿Cuáles quieres?",
      "Les canaux se contredisent. Lesquels voulez-vous ?", "Die Kanäle widersprechen sich. Welche sollen es sein?",
      "Os canais se contradizem. Quais você quer?", "チャネルの指定が矛盾しています。どれを使いますか。"}},
    {"audience",
     {"Who should it reach?", "¿A quién debe llegar?", "À qui cela s'adresse-t-il ?", "Wen soll es erreichen?",
      "Quem deve ser alcançado?", "誰に届けますか。"}},
    {"budget",
     {"What is the budget?", "¿Cuál es el presupuesto?", "Quel est le budget ?", "Wie hoch ist das Budget?",
      "Qual é o orçamento?", "予算はいくらですか。"}},
    {"budget.contradiction",
     {"The budget does not fit the rest. Which figure is right?",
      "El presupuesto no cuadra con el resto. ¿Qué cifra es la correcta?",
      "Le budget ne correspond pas au reste. Quel chiffre est juste ?",
      "Das Budget passt nicht zum Rest. Welche Zahl stimmt?",
      "O orçamento não bate com o resto. Qual valor está certo?",
      "予算の指定が矛盾しています。正しい金額はどれですか。"}},
    {"schedule",
     {"When should it start, and for how long?", "¿Cuándo debe empezar y cuánto durar?",
      "Quand faut-il commencer, et pour combien de temps ?", "Wann soll es beginnen und wie lange laufen?",
      "Quando deve começar e por quanto tempo?", "いつから、どのくらいの期間ですか。"}},
    {"schedule.event",
     {"The event is on %. When should this go out?", "El evento es el %. ¿Cuándo debe salir esto?",
      "L'événement a lieu le %. Quand faut-il l'annoncer ?", "Die Veranstaltung ist am %. Wann soll das rausgehen?",
      "O evento é em %. Quando isto deve sair?", "開催日は % です。いつ送りますか。"}},
    {"schedule.ambiguous",
     {"Which date is meant by %?", "¿Qué fecha es %?", "Quelle date est % ?", "Welches Datum ist mit % gemeint?",
      "Que data é %?", "% はどの日付ですか。"}},
    {"schedule.contradiction",
     {"The dates do not work (%). Which are right?", "Las fechas no son posibles (%). ¿Cuáles son?",
      "Les dates sont impossibles (%). Lesquelles sont justes ?", "Die Daten gehen nicht auf (%). Welche stimmen?",
      "As datas não funcionam (%). Quais estão certas?", "日付が成り立ちません（%）。正しい日付を教えてください。"}},
    {"offer",
     {"What should be promoted?", "¿Qué quieres promocionar?", "Que faut-il promouvoir ?", "Was soll beworben werden?",
      "O que deve ser divulgado?", "何を宣伝しますか。"}},
    {"objective",
     {"What should it achieve?", "¿Qué debe conseguir?", "Quel est le but ?", "Was soll erreicht werden?",
      "O que deve alcançar?", "目的は何ですか。"}},
};
constexpr Line kContradictions[] = {
    {"budget_vs_paid_channel",
     {"No budget was given, yet advertising costs money.", "No hay presupuesto, pero los anuncios cuestan dinero.",
      "Aucun budget, alors que la publicité coûte de l'argent.", "Kein Budget, aber Anzeigen kosten Geld.",
      "Sem orçamento, mas anúncios custam dinheiro.", "予算なしですが、広告には費用がかかります。"}},
    {"split_sum_vs_total",
     {"The parts do not add up to the total.", "Las partes no suman el total.", "Les parts ne font pas le total.",
      "Die Teile ergeben nicht die Summe.", "As partes não somam o total.", "内訳の合計が総額と合いません。"}},
    {"end_before_start",
     {"The end lies before the start.", "El final es anterior al inicio.", "La fin précède le début.",
      "Das Ende liegt vor dem Anfang.", "O fim vem antes do início.", "終了日が開始日より前です。"}},
    {"channel_conflict",
     {"A channel is both wanted and excluded.", "Un canal se pide y se excluye a la vez.",
      "Un canal est à la fois demandé et exclu.", "Ein Kanal wird zugleich gewünscht und ausgeschlossen.",
      "Um canal é pedido e excluído ao mesmo tempo.", "同じチャネルが指定と除外の両方になっています。"}},
};
constexpr Line kFindings[] = {
    {"consent.purchased_list",
     {"People on a bought list never agreed to hear from you; use contacts who opted in.",
      "Las personas de una lista comprada no dieron su consentimiento; usa contactos que lo dieron.",
      "Les personnes d'une liste achetée n'ont pas consenti ; utilisez des contacts inscrits.",
      "Menschen auf einer gekauften Liste haben nicht eingewilligt; nutze Kontakte mit Einwilligung.",
      "Pessoas de uma lista comprada não consentiram; use contatos que autorizaram.",
      "購入した名簿の相手は同意していません。同意を得た連絡先を使ってください。"}},
    {"consent.scraped_list",
     {"Collected addresses carry no consent; use contacts who opted in.",
      "Las direcciones recopiladas no tienen consentimiento; usa contactos que lo dieron.",
      "Des adresses collectées sont sans consentement ; utilisez des contacts inscrits.",
      "Gesammelte Adressen haben keine Einwilligung; nutze Kontakte mit Einwilligung.",
      "Endereços coletados não têm consentimento; use contatos que autorizaram.",
      "収集したアドレスには同意がありません。同意を得た連絡先を使ってください。"}},
    {"consent.opt_out",
     {"People who opted out must not be written to.", "No se puede escribir a quienes se dieron de baja.",
      "On n'écrit pas à ceux qui se sont désabonnés.", "Wer sich abgemeldet hat, darf nicht angeschrieben werden.",
      "Não se pode escrever a quem se descadastrou.", "配信停止した人には送れません。"}},
    {"deception.impersonation",
     {"Posing as someone else deceives people.", "Hacerse pasar por otro engaña a la gente.",
      "Se faire passer pour un autre trompe les gens.", "Sich als jemand anderes auszugeben täuscht Menschen.",
      "Passar-se por outro engana as pessoas.", "他者へのなりすましは人を欺きます。"}},
    {"deception.fake_engagement",
     {"Fake reviews, followers or likes deceive people.",
      "Las reseñas, seguidores o me gusta falsos engañan a la gente.",
      "Les faux avis, abonnés ou mentions J'aime trompent les gens.",
      "Gefälschte Bewertungen, Follower oder Likes täuschen Menschen.",
      "Avaliações, seguidores ou curtidas falsos enganam as pessoas.", "偽のレビューやフォロワーは人を欺きます。"}},
    {"audience.minors_restricted_product",
     {"This product must not be promoted to minors.", "Este producto no se puede promocionar a menores.",
      "Ce produit ne peut être promu auprès de mineurs.", "Dieses Produkt darf nicht an Minderjährige beworben werden.",
      "Este produto não pode ser divulgado a menores.", "この商品は未成年者に宣伝できません。"}},
    {"audience.discrimination_housing",
     {"Housing, jobs and credit must not be advertised by protected traits.",
      "La vivienda, el empleo y el crédito no se anuncian según rasgos protegidos.",
      "Logement, emploi et crédit ne se ciblent pas selon des critères protégés.",
      "Wohnraum, Arbeit und Kredit dürfen nicht nach geschützten Merkmalen beworben werden.",
      "Moradia, emprego e crédito não podem ser anunciados por características protegidas.",
      "住宅・求人・融資の広告は保護される属性で絞れません。"}},
    {"claims.health_unsubstantiated",
     {"A health claim like this needs proof; leave it out or give the evidence.",
      "Una afirmación de salud así necesita pruebas; quítala o apórtalas.",
      "Une telle allégation de santé exige des preuves ; retirez-la ou fournissez-les.",
      "Eine solche Gesundheitsaussage braucht Belege; lass sie weg oder belege sie.",
      "Uma alegação de saúde assim precisa de provas; retire-a ou comprove.",
      "この健康効果の主張には根拠が必要です。外すか根拠を示してください。"}},
    {"approval.not_waivable_by_text",
     {"Approval cannot be waived in words: nothing runs before you approve the plan.",
      "La aprobación no se puede omitir: nada se ejecuta antes de que apruebes el plan.",
      "La validation ne peut être levée : rien ne part avant votre accord.",
      "Die Freigabe lässt sich nicht wegsprechen: Vorher läuft nichts.",
      "A aprovação não pode ser dispensada: nada roda antes dela.",
      "承認は省略できません。承認前には何も実行されません。"}},
};
constexpr Line kPlan = {"plan",
                        {"Here is a plan for %. Nothing is sent or spent before you approve it.",
                         "Este es un plan para %. No se envía ni se gasta nada antes de que lo apruebes.",
                         "Voici un plan pour %. Rien n'est envoyé ni dépensé avant votre accord.",
                         "Hier ist ein Plan für %. Vor deiner Freigabe wird nichts gesendet oder ausgegeben.",
                         "Aqui está um plano para %. Nada é enviado ou gasto antes da sua aprovação.",
                         "%の計画です。承認前に送信や支出は行われません。"}};

constexpr std::array<std::string_view, kLangCount> kIntroduction = {
    "I plan and run marketing: email, SMS, push, social posts and ads. Tell me what to promote, to whom, on which "
    "channels, when and for how much; nothing is sent or spent before you approve it.",
    "Planifico y llevo a cabo marketing: correo, SMS, push, publicaciones y anuncios. Dime qué promocionar, a quién, "
    "por qué canales, cuándo y con cuánto dinero; no se envía ni se gasta nada antes de que lo apruebes.",
    "Je planifie et mène vos actions marketing : e-mail, SMS, push, publications et publicité. Dites-moi quoi "
    "promouvoir, auprès de qui, par quels canaux, quand et avec quel budget ; rien n'est envoyé ni dépensé avant votre "
    "accord.",
    "Ich plane Marketing und führe es aus: E-Mail, SMS, Push, Beiträge und Anzeigen. Sag mir, was beworben werden "
    "soll, bei wem, über welche Kanäle, wann und für wie viel Geld; vor deiner Freigabe wird nichts gesendet oder "
    "ausgegeben.",
    "Eu planejo e executo marketing: e-mail, SMS, push, posts e anúncios. Diga o que divulgar, para quem, em quais "
    "canais, quando e com quanto dinheiro; nada é enviado ou gasto antes da sua aprovação.",
    "メール、SMS、プッシュ通知、SNS投稿、広告の計画と実行をします。何を、誰に、どのチャネルで、いつ、いくらの予算で宣伝"
    "するか教えてください。承認前に送信や支出は行われません。"};

template <size_t N>
std::string find(const Line (&lines)[N], std::string_view key, Lang lang) {
  for (const Line& line : lines) {
    if (line.key == key) return std::string(line.text[static_cast<size_t>(lang)]);
  }
  return {};
}

std::string fill(std::string text, std::string_view value) {
  const size_t at = text.find('%');
  if (at != std::string::npos) text.replace(at, 1, value);
  return text;
}

}  // namespace

Question make_question(Lang lang, std::string_view slot, std::string_view kind, std::string_view detail) {
  std::string text = find(kQuestions, std::string(slot) + "." + std::string(kind), lang);
  if (text.empty()) text = find(kQuestions, slot, lang);
  Question question{
      std::string(slot), kind == "event" ? "missing" : std::string(kind), fill(std::move(text), detail), {}, {}};
  if (slot == "channels") {
    question.choices = {"email", "instagram", "facebook", "google_ads"};
    question.fallback = "email";
  } else if (slot == "budget") {
    question.fallback = "0";
  } else if (slot == "schedule") {
    question.fallback = "tomorrow, 14 days";
  } else if (slot == "audience") {
    question.fallback = "existing contacts";
  }
  return question;
}

std::string contradiction_message(Lang lang, std::string_view id) { return find(kContradictions, id, lang); }
std::string finding_message(Lang lang, std::string_view rule) { return find(kFindings, rule, lang); }

std::string introduction(Lang lang) { return std::string(kIntroduction[static_cast<size_t>(lang)]); }

std::string make_reply(Lang lang, const Understanding& understanding) {
  std::string reply;
  const auto add = [&](const std::string& sentence) {
    if (sentence.empty()) return;
    if (!reply.empty() && lang != Lang::kJa) reply += ' ';
    reply += sentence;
  };
  if (understanding.outcome == Outcome::kRefuse || understanding.outcome == Outcome::kFlag) {
    for (const Finding& finding : understanding.brief.findings) add(finding.message);
    return reply;
  }
  if (understanding.outcome == Outcome::kAsk) {
    for (const Contradiction& item : understanding.brief.contradictions) add(item.message);
    for (const Question& question : understanding.questions) add(question.prompt);
    return reply;
  }
  std::string channels;
  for (const auto& channel : understanding.brief.channels) channels += (channels.empty() ? "" : ", ") + channel.value;
  add(fill(std::string(kPlan.text[static_cast<size_t>(lang)]), channels));
  for (const Finding& finding : understanding.brief.findings) add(finding.message);
  return reply;
}

}  // namespace spreaders::planners::rules
