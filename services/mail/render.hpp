// Turns an outbox row into the mail one person gets: the approved template version with their data, tracked links, the
// open pixel, the unsubscribe footer and headers. Where nothing but the person differs, nothing but the person is
// computed.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/time.hpp"
#include "events/outbox.hpp"
#include "services/templates/liquid/liquid.hpp"
#include "services/tracking/tracking.hpp"
#include "storage/storage.hpp"

namespace spreaders::services {

struct RenderedMail {
  std::string to_email, to_name;
  std::string subject, html, text;
  std::vector<std::pair<std::string, std::string>> headers;
};

// What a workspace says about itself in its mails (workspace.settings, "brand").
struct Brand {
  std::string name, postal_address, website;
};
Result<Brand> get_brand(storage::Tx& tx, const std::string& workspace);

class MailRenderer {
 public:
  MailRenderer(storage::Storage& storage, Clock& clock, const Tracking& tracking)
      : storage_(storage), clock_(clock), tracking_(tracking) {}

  // Profiles and templates of a batch, loaded in a few queries.
  struct Batch;
  Result<std::shared_ptr<Batch>> prepare(const std::vector<events::OutboxItem>& items);
  // Safe to call from many threads on one batch.
  Result<RenderedMail> render(const events::OutboxItem& item, const Batch& batch) const;

 private:
  struct Compiled {
    liquid::Template subject, preheader, html, text;
    bool has_html = false, has_text = false, has_unsubscribe = false;
  };
  Result<std::shared_ptr<const Compiled>> compiled(storage::Tx& tx, const std::string& workspace,
                                                   const std::string& template_id, int64_t version);

  storage::Storage& storage_;
  Clock& clock_;
  const Tracking& tracking_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const Compiled>>
      cache_;  // versions never change; shared by the batches that use them
};

// Replaces the address of every http(s) link in `html` but those that begin with `own_prefix`.
std::string rewrite_links(std::string_view html, std::string_view own_prefix,
                          const std::function<std::string(const std::string& url)>& replace);

}  // namespace spreaders::services
