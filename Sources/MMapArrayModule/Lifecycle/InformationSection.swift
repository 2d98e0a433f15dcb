import ServerModule

extension Services {
  /// Adds the section `mmaparray` to `INFO`.
  static func registerInformation(_ context: Context) {
    context.registerInformation { section, isCrashReport in
      // The registry may be in the middle of something when the server crashes.
      if isCrashReport == 0 { Services.withCurrent { $0.write(to: InformationSection(section)) } }
    }
  }

  private func write(to section: InformationSection) {
    let totals = arrays.totals()
    let bound = files.all
    section.begin()
    section.add("version", Version.current.description)
    section.add("arrays", totals.arrays)
    section.add("bindings", files.bindingCount)
    section.add("detached", bound.count { !$0.hasContents })
    section.add("incoming", bound.count { $0.incomingArray != nil })
    section.add("mapped_bytes", totals.mappedBytes)
    section.add("jobs", jobCount)
    addWork(to: section)
    section.add("flushes", flusher.count)
    section.add("waiting_for_flush", flusher.waiterCount)
    section.add("faults", arrays.faults)
    section.add("flush_failures", flusher.failureCount)
    section.add("shipping_bytes", backfill.pendingBytes)
    section.add("resynchronizations", resynchronization.count)
  }
}
