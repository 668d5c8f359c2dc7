// Lists the context paths a template reads. Names that assign, capture and counters make count as its own from there
// on, loop variables within their loop.
#include <algorithm>
#include <array>

#include "services/templates/liquid/liquid.hpp"
#include "services/templates/liquid/program.hpp"
#include "services/templates/liquid/text.hpp"

namespace spreaders::liquid {
namespace {

bool is_plain_key(std::string_view key) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
  };
  return !key.empty() && is_letter(key.front()) && std::all_of(key.begin() + 1, key.end(), [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '-';
  });
}

class Collector {
 public:
  void visit(const Block& block) {
    for (const Node& node : block) {
      std::visit([this](const auto& content) { visit(content); }, node.content);
    }
  }

  // By root, in the order roots first appear.
  std::vector<std::string> result() && {
    std::vector<std::string> paths;
    for (auto& [root, members] : roots_) {
      for (std::string& path : members) {
        if (std::find(paths.begin(), paths.end(), path) == paths.end()) paths.push_back(std::move(path));
      }
    }
    return paths;
  }

 private:
  static std::string shown(const Operand& path, bool is_nested) {
    std::string out;
    for (size_t i = 0; i < path.parts.size(); ++i) {
      const Operand& part = path.parts[i];
      if (part.kind == Operand::Kind::kPath) {
        if (i == 0) out += shown(part, is_nested);
        else out.append("[").append(shown(part, true)).append("]");
      } else if (part.kind == Operand::Kind::kConstant && part.constant.is(Kind::kString)) {
        const std::string_view key = part.constant.view();
        if (i == 0 && (is_nested || is_plain_key(key))) out.append(key);
        else if (i > 0 && is_plain_key(key)) out.append(".").append(key);
        else out.append("['").append(key).append("']");
      } else if (part.kind == Operand::Kind::kConstant && part.constant.is(Kind::kNumber) && i > 0) {
        out += '[';
        append_number(out, part.constant.number);
        out += ']';
      }
    }
    return out;
  }

  static std::string_view root_of(const Operand& path) {
    const Operand& first = path.parts[0];
    if (first.kind == Operand::Kind::kPath) return root_of(first);
    return first.kind == Operand::Kind::kConstant && first.constant.is(Kind::kString) ? first.constant.view()
                                                                                      : std::string_view{};
  }

  void use_nested(const Operand& path) {
    for (size_t i = 0; i < path.parts.size(); ++i) {
      const Operand& part = path.parts[i];
      if (part.kind != Operand::Kind::kPath) continue;
      if (i == 0) use_nested(part);  // already part of the path itself
      else use(part);
    }
  }

  void use(const Operand& operand) {
    if (operand.kind == Operand::Kind::kRange) {
      for (const Operand& part : operand.parts) use(part);
    }
    if (operand.kind != Operand::Kind::kPath || operand.has_base) return;
    const std::string_view root = root_of(operand);
    if (!root.empty() && std::find(own_.begin(), own_.end(), root) == own_.end()) {
      auto known = std::find_if(roots_.begin(), roots_.end(), [&](const auto& entry) { return entry.first == root; });
      if (known == roots_.end()) known = roots_.insert(roots_.end(), {std::string(root), {}});
      known->second.push_back(shown(operand, false));
    }
    use_nested(operand);
  }

  void use(const FilteredValue& value) {
    for (const ExpressionItem& item : value.postfix) use(item.operand);
    for (const FilterCall& call : value.filters) {
      for (const Argument& argument : call.arguments) use(argument.value);
    }
  }

  void use(const std::vector<NamedOperand>& settings) {
    for (const NamedOperand& entry : settings) use(entry.value);
  }

  void visit_loop(std::array<std::string_view, 2> names, const Block& body, const Block& otherwise) {
    // Loop names shadow only inside; names assigned inside stay.
    const size_t place = own_.size();
    own_.insert(own_.end(), names.begin(), names.end());
    visit(body);
    visit(otherwise);
    own_.erase(own_.begin() + static_cast<ptrdiff_t>(place),
               own_.begin() + static_cast<ptrdiff_t>(place + names.size()));
  }

  void visit(const TextNode&) {}
  void visit(const InterruptNode&) {}
  void visit(const OutputNode& node) { use(node.value); }
  void visit(const GroupNode& node) { visit(node.body); }
  void visit(const CounterNode& node) { own_.push_back(node.name); }
  void visit(const AssignNode& node) {
    use(node.value);
    own_.push_back(node.name);
  }
  void visit(const CaptureNode& node) {
    own_.push_back(node.name);
    visit(node.body);
  }
  void visit(const IfNode& node) {
    for (const Branch& branch : node.branches) use(branch.condition);
    for (const Branch& branch : node.branches) visit(branch.body);
    visit(node.otherwise);
  }
  void visit(const CaseNode& node) {
    use(node.value);
    for (const When& branch : node.branches) {
      for (const Operand& value : branch.values) use(value);
    }
    for (const When& branch : node.branches) visit(branch.body);
    visit(node.otherwise);
  }
  void visit(const ForNode& node) {
    use(node.collection);
    for (const NamedOperand& entry : node.settings) {
      if (entry.value.text != "continue") use(entry.value);
    }
    visit_loop({node.variable, "forloop"}, node.body, node.otherwise);
  }
  void visit(const TablerowNode& node) {
    use(node.collection);
    use(node.settings);
    visit_loop({node.variable, "tablerowloop"}, node.body, {});
  }
  void visit(const CycleNode& node) {
    for (const FilteredValue& candidate : node.candidates) use(candidate);
    use(node.group);
  }
  void visit(const RenderNode& node) {
    if (node.name_template) visit(*node.name_template);
    use(node.name);
    use(node.arguments);
    if (node.with) use(node.with->value);
    if (node.each) use(node.each->value);
  }

  std::vector<std::string_view> own_;
  std::vector<std::pair<std::string, std::vector<std::string>>> roots_;
};

}  // namespace

std::vector<std::string> variables(const Template& compiled) {
  Collector collector;
  collector.visit(compiled.program().body);
  return std::move(collector).result();
}

}  // namespace spreaders::liquid
