// Which calls belong together, across programs: the trace id of W3C Trace Context level 1
// (https://www.w3.org/TR/trace-context-1/). It comes in with a request or is made here, and stands in logs, the audit,
// the steps of a run and errors.
//
//   std::string trace_id = trace_id_of_traceparent(header).value_or(new_trace_id());
//
// What is not exactly a traceparent counts as none (3.2.2): nothing of it is kept, so it cannot forge a log line.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace spreaders {

// 32 lower-case hexadecimal digits, not all zero.
bool is_trace_id(std::string_view text);
// Of "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"; of a later version what this one can read.
std::optional<std::string> trace_id_of_traceparent(std::string_view header);
std::string new_trace_id();
// The same id for the same name: of what lasts longer than one request, such as a run of the agent.
std::string trace_id_of_name(std::string_view name);

}  // namespace spreaders
