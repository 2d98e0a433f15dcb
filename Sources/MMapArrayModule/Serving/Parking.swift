import MappedArray
import ServerModule

/// Commands that cannot be carried out now. Their clients wait, and when what they wait for has happened each command is
/// carried out as if it had just come: nothing that was known of it holds any more.
final class Parking {
  private var calls: [BlockedClient: ParkedCall] = [:]
  /// What is not needed if a client goes.
  private var cancellations: [BlockedClient: () -> Void] = [:]

  /// Between two looks whether anything may be changed again, in milliseconds.
  private static let pause = 5

  /// How many commands wait.
  var count: Int { calls.count }

  /// Parks a call.
  ///
  /// - Returns: nil if its client cannot be kept waiting.
  func park(_ call: Call, of command: CommandDescription) -> ParkedCall? {
    let parked = ParkedCall(call, of: command)
    let isBlocked = parked.block(call) { _, client in Services.withCurrent { $0.parking.drop(BlockedClient(client)) } }
    guard isBlocked else { return nil }
    calls[parked.blockedClient] = parked
    return parked
  }

  /// A client has gone: its command is not carried out.
  private func drop(_ client: BlockedClient) {
    cancellations.removeValue(forKey: client)?()
    calls.removeValue(forKey: client)?.unblock()
  }

  /// Whether the call still waits: its client has not gone.
  func isWaiting(_ call: ParkedCall) -> Bool { calls[call.blockedClient] === call }

  /// Carries out a call, in a turn of the event loop that is its own.
  ///
  /// - Returns: false if that must wait.
  private func resume(_ call: ParkedCall) -> Bool {
    guard isWaiting(call) else { return true }
    if call.isHeldUp { return false }
    calls[call.blockedClient] = nil
    call.resume()
    return true
  }
}

// MARK: - Until something has been read

extension Parking {
  /// Parks a call until `resume` is called.
  ///
  /// - Parameters:
  ///   - cancel: is called if the client goes before that.
  ///   - begin: is given what is to be called then, on the main thread.
  /// - Returns: false if its client cannot be kept waiting.
  func park(
    _ call: Call, of command: CommandDescription, cancel: @escaping () -> Void,
    _ begin: (_ resume: @escaping () -> Void) -> Void
  ) -> Bool {
    guard let parked = park(call, of: command) else { return false }
    cancellations[parked.blockedClient] = cancel
    begin { [unowned self] in
      cancellations[parked.blockedClient] = nil
      resumeSoon(parked, afterMilliseconds: 0)
    }
    return true
  }

  private func resumeSoon(_ call: ParkedCall, afterMilliseconds milliseconds: Int) {
    guard isWaiting(call) else { return }
    call.schedule(afterMilliseconds: milliseconds) { [unowned self] in
      if !resume(call) { resumeSoon(call, afterMilliseconds: Parking.pause) }
    }
  }
}

// MARK: - Behind a change of the same array

extension Parking {
  /// Parks a call until the change of an array that is under way has ended, and what came before it has been done.
  ///
  /// - Returns: false if its client cannot be kept waiting.
  func park(_ call: Call, of command: CommandDescription, behindChangesOf array: ServedArray) -> Bool {
    guard let parked = park(call, of: command) else { return false }
    array.parkedChanges.append(parked)
    return true
  }

  /// A change of an array has ended: carries out those that wait for that, one after the other, until one of them is a
  /// change that is under way again.
  func resumeChanges(of array: ServedArray, afterMilliseconds milliseconds: Int = 0) {
    if array.parkedChanges.contains(where: { !isWaiting($0) }) { array.parkedChanges.removeAll { !isWaiting($0) } }
    array.parkedChanges.first?.schedule(afterMilliseconds: milliseconds) { [self] in
      guard array.unfinishedChange == nil, let next = array.parkedChanges.first else { return }
      guard resume(next) else { return resumeChanges(of: array, afterMilliseconds: Parking.pause) }
      array.parkedChanges.removeFirst()
      resumeChanges(of: array)
    }
  }
}

extension Services {
  /// Has a call wait until no change of the array is under way. Where its client cannot wait, what is left of that is done
  /// now.
  ///
  /// - Returns: whether it waits.
  @inline(__always)
  func waitsForChange(of array: ServedArray, _ call: Call, _ command: @autoclosure () -> CommandDescription) -> Bool {
    array.isBusy && waitsForUnfinishedChange(of: array, call, command())
  }

  @inline(never)
  private func waitsForUnfinishedChange(
    of array: ServedArray, _ call: Call, _ command: CommandDescription
  ) -> Bool {
    // It is the turn of a call that is being carried out at last.
    if array.unfinishedChange == nil, call.isResumed { return false }
    if call.mayBlock, parking.park(call, of: command, behindChangesOf: array) { return true }
    array.unfinishedChange?.complete(call.context)
    return false
  }
}
