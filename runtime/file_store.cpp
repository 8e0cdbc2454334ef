#include "runtime/file_store.hpp"

#include "actors/caf/answer.hpp"
#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/errors.hpp"
#include "actors/log.hpp"
#include "runtime/file_access.hpp"

#include <boost/asio/post.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <functional>
#include <map>
#include <memory>
#include <variant>

namespace cts {

using file_outcome
  = std::variant<error, files_written, files_read, caf::unit_t>;

/// The file thread tells the store how a request ended.
struct file_request_ended {
  std::uint64_t ticket = 0;
  file_outcome outcome{};
};

} // namespace cts

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::file_request_ended)

CAF_BEGIN_TYPE_ID_BLOCK(cts_file_store, caf::first_custom_type_id + 230)

CAF_ADD_TYPE_ID(cts_file_store, (cts::file_request_ended))

CAF_END_TYPE_ID_BLOCK(cts_file_store)

namespace cts {

namespace {

using file_store_impl
  = cafx::extended<files_actor, caf::result<void>(file_request_ended)>;

/// Requests that may wait for the disk.
constexpr auto pending_max = std::size_t{1024};

file_outcome outcome_of(result<void> done) {
  return done ? file_outcome{caf::unit} : file_outcome{done.error()};
}

template <class T>
file_outcome outcome_of(result<T> done) {
  return done ? file_outcome{*std::move(done)} : file_outcome{done.error()};
}

/// The file service. Child of the application. A restart fails what waits.
class file_store {
public:
  using actor_type = file_store_impl;
  static inline constexpr const char* name = "file_store";

  file_store(actor_type::pointer self, boost::asio::io_context* io)
    : self_(self), io_(*io) {
    cafx::install_guards(
      self_, [](const std::string& text) { log::error("file_store", text); });
  }

  actor_type::behavior_type make_behavior() {
    return {
      [this](const write_files& request) -> caf::result<files_written> {
        return begin<files_written>(
          [request] { return outcome_of(write_atomically(request)); });
      },
      [this](const read_files& request) -> caf::result<files_read> {
        return begin<files_read>(
          [request] { return outcome_of(read_whole(request)); });
      },
      [this](const remove_files& request) -> caf::result<void> {
        return begin<caf::unit_t>(
          [request] { return outcome_of(remove_all(request)); });
      },
      [this](const file_request_ended& news) { ended(news); },
    };
  }

private:
  using completion = std::function<void(const file_outcome&)>;

  template <class Answer, class Job>
  caf::typed_response_promise<Answer> begin(Job job) {
    auto promise = self_->make_response_promise<Answer>();
    auto answer = std::make_shared<cafx::answer<Answer>>(promise);
    if (pending_.size() >= pending_max) {
      answer->fail(to_caf(fail(errc::limit, "too many file requests")));
      return promise;
    }
    auto ticket = ++last_ticket_;
    pending_[ticket] = [answer](const file_outcome& outcome) {
      if (const auto* done = std::get_if<Answer>(&outcome))
        answer->deliver(*done);
      else
        answer->fail(to_caf(std::get<error>(outcome)));
    };
    auto owner = actor_type{self_};
    boost::asio::post(io_, [owner, ticket, job = std::move(job)] {
      caf::anon_send(owner, file_request_ended{ticket, job()});
    });
    return promise;
  }

  void ended(const file_request_ended& news) {
    auto done = pending_.extract(news.ticket);
    if (!done.empty())
      done.mapped()(news.outcome);
  }

  actor_type::pointer self_;
  boost::asio::io_context& io_;
  std::map<std::uint64_t, completion> pending_;
  std::uint64_t last_ticket_ = 0;
};

} // namespace

files_actor make_file_store(caf::local_actor* parent,
                            boost::asio::io_context& io) {
  return cafx::spawn_state<file_store>(parent, &io);
}

} // namespace cts
