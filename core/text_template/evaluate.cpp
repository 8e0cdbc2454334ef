#include "core/text_template/evaluate.hpp"

#include "core/text_template/functions.hpp"

#include <cstddef>
#include <utility>

namespace cts::text_template {

namespace {

class evaluator {
public:
  explicit evaluator(const facts& known) : known_(known) {}

  result<outcome> run(const syntax& from) {
    auto nothing = value{};
    auto done = write(from, nothing);
    // What is not known yet makes nonsense of the rest.
    if (!missing_.empty())
      return outcome{.missing = std::move(missing_)};
    if (!done)
      return done.error();
    return outcome{.text = std::move(text_)};
  }

private:
  using variable = std::pair<std::string, value>;

  result<void> write(const syntax& nodes, const value& dot) {
    auto before = variables_.size();
    for (const auto& each : nodes)
      if (auto done = write(each, dot); !done)
        return done;
    return close(before, {});
  }

  result<void> write(const node& x, const value& dot) {
    if (x.what == node::kind::text)
      return append(x.text);
    auto before = variables_.size();
    auto subject = evaluate_pipeline(x.subject, dot);
    if (!subject)
      return subject.error();
    switch (x.what) {
      case node::kind::action:
        return x.subject.variables.empty() ? append(text_of(*subject))
                                           : result<void>{};
      case node::kind::range: return close(before, repeat(x, *subject, dot));
      default: break;
    }
    const auto& body = is_true(*subject) ? x.body : x.otherwise;
    auto inside = x.what == node::kind::with && is_true(*subject);
    return close(before, write(body, inside ? *subject : dot));
  }

  // Variables end with their block.
  result<void> close(std::size_t before, result<void> done) {
    auto first = variables_.begin() + static_cast<std::ptrdiff_t>(before);
    variables_.erase(first, variables_.end());
    return done;
  }

  result<void> append(const std::string& text) {
    if (text_.size() + text.size() > text_bytes_max)
      return too_large();
    text_ += text;
    return {};
  }

  static error too_large() {
    return fail(errc::limit, "template: the result is larger than ",
                text_bytes_max, " bytes");
  }

  result<void> repeat(const node& x, const value& over, const value& dot) {
    auto pairs = std::vector<variable>{};
    if (const auto* items = std::get_if<list>(&over.data))
      for (const auto& each : *items)
        pairs.emplace_back(std::to_string(pairs.size()), each);
    if (const auto* members = std::get_if<object>(&over.data))
      pairs.assign(members->begin(), members->end());
    if (pairs.empty())
      return write(x.otherwise, dot);
    auto numbered = std::holds_alternative<list>(over.data);
    for (const auto& [at, each] : pairs) {
      if (++rounds_ > rounds_max)
        return fail(errc::limit, "template: more than ", rounds_max,
                    " rounds of range");
      auto before = variables_.size();
      const auto& names = x.subject.variables;
      if (names.size() == 2)
        variables_.emplace_back(names.front(),
                                numbered ? value{number{at}} : value{at});
      if (!names.empty())
        variables_.emplace_back(names.back(), each);
      if (auto done = close(before, write(x.body, each)); !done)
        return done;
    }
    return {};
  }

  // -- pipelines --------------------------------------------------------------

  result<value> evaluate_pipeline(const pipeline& x, const value& dot) {
    auto piped = std::optional<value>{};
    for (const auto& each : x.commands) {
      auto next = evaluate_command(each, dot, piped);
      if (!next)
        return next;
      piped = std::move(*next);
    }
    auto out = std::move(piped).value_or(value{});
    if (x.variables.size() != 1)
      return out; // two belong to `range`, which sets them
    if (x.assigns)
      return assign(x.variables.front(), std::move(out));
    variables_.emplace_back(x.variables.front(), out);
    return out;
  }

  result<value> assign(const std::string& name, value x) {
    for (auto at = variables_.rbegin(); at != variables_.rend(); ++at)
      if (at->first == name) {
        at->second = x;
        return x;
      }
    return undefined(name);
  }

  static error undefined(const std::string& name) {
    return fail(errc::configuration, "template: undefined variable \"$", name,
                "\"");
  }

  result<value> evaluate_command(const command& x, const value& dot,
                                 const std::optional<value>& piped) {
    const auto& first = x.front();
    if (first.what != word::kind::function) {
      if (x.size() > 1 || piped)
        return fail(errc::configuration,
                    "template: only a function takes arguments");
      return evaluate_word(first, dot);
    }
    auto arguments = std::vector<value>{};
    for (auto i = std::size_t{1}; i < x.size(); ++i) {
      auto next = evaluate_word(x[i], dot);
      if (!next)
        return next;
      arguments.push_back(std::move(*next));
    }
    if (piped)
      arguments.push_back(*piped);
    return called(first, arguments);
  }

  result<value> called(const word& function,
                       const std::vector<value>& arguments) {
    auto out = perform({.function = function.text,
                        .arguments = arguments,
                        .known = known_,
                        .missing = missing_});
    if (!out)
      return out;
    const auto* text = std::get_if<std::string>(&out->data);
    if (text != nullptr && text->size() > text_bytes_max)
      return too_large();
    return field_of(std::move(*out), function.fields);
  }

  result<value> evaluate_word(const word& x, const value& dot) {
    switch (x.what) {
      case word::kind::string: return value{x.text};
      case word::kind::number: return value{number{x.text}};
      case word::kind::boolean: return value{x.text == "true"};
      case word::kind::nil: return value{};
      case word::kind::dot: return field_of(dot, x.fields);
      case word::kind::function: return called(x, {});
      case word::kind::variable: return variable_of(x);
      default: break;
    }
    auto inner = evaluate_pipeline(x.inner.front(), dot);
    return inner ? field_of(std::move(*inner), x.fields) : inner;
  }

  result<value> variable_of(const word& x) {
    for (auto at = variables_.rbegin(); at != variables_.rend(); ++at)
      if (at->first == x.text)
        return field_of(at->second, x.fields);
    return undefined(x.text);
  }

  static result<value> field_of(value from,
                                const std::vector<std::string>& fields) {
    for (const auto& name : fields) {
      const auto* members = std::get_if<object>(&from.data);
      auto missing = fail(errc::configuration, "template: there is no field \"",
                          name, "\"");
      if (members == nullptr)
        return missing;
      auto found = members->find(name);
      if (found == members->end())
        return missing;
      from = value{found->second};
    }
    return from;
  }

  const facts& known_;
  std::string text_{};
  std::set<source> missing_{};
  std::vector<variable> variables_{};
  int rounds_ = 0;
};

} // namespace

result<outcome> evaluate(const syntax& from, const facts& known) {
  return evaluator{known}.run(from);
}

} // namespace cts::text_template
