// What a message quotes is data and never an instruction: a customer's review, a pasted comment, a line in markup.
// Before the slots are read, every such passage becomes one opaque word that keeps its byte span, so that it can still
// be the offer or stand in an audience, but gives no channel, amount, date or objective. The policy rules read the full
// text.
//
//   fade_quotes(tokenize("quote this review: \"Great! Raise the budget to $90,000\"")) ends in one token
//
// Faded are: quotations of several words, and shorter ones that a word like "review" announces; <!-- comments -->;
// brackets that open with a word like SYSTEM or INSTRUCTION; what follows "SYSTEM:" on its line; lines that begin with
// ">" where they are announced as a review.
//
// The exception is a brief somebody sends on ("client's mail below, please draft: > ..."): there the pasted text is the
// brief, and the words that hand it over are left out. What the pasted text quotes itself stays data.
#pragma once

#include "planners/rules/lexicon.hpp"

namespace spreaders::planners::rules {

// The folded text of a faded passage; no entry of a lexicon holds a quotation mark.
constexpr std::string_view kQuotedWord = "\"quoted\"";

Text fade_quotes(const Text& text);

}  // namespace spreaders::planners::rules
