// Makes the names in a directory durable: a file or folder just made there is still there after a power cut (POSIX
// fsync(2) on the directory). False where the file system cannot; the contents of files are synced by who writes them.
#pragma once

#include <fcntl.h>
#include <string>
#include <unistd.h>

namespace spreaders {

inline bool sync_directory(const std::string& path) {
  int directory = ::open(path.empty() ? "." : path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return false;
  bool synced = ::fsync(directory) == 0;
  ::close(directory);
  return synced;
}

}  // namespace spreaders
