/// Which node serves which slot.
struct SlotMap: Equatable, Sendable {
  /// For each slot the position of its master in `masters`, or -1.
  private var owners = [Int16](repeating: -1, count: HashSlot.count)
  private(set) var masters: [Address] = []

  /// A map that knows nothing.
  init() {}

  /// Reads the reply of `CLUSTER SLOTS`; a node that is named by its port only is on the machine that was asked.
  init(_ reply: Reply, askedAt address: Address) throws(ClientError) {
    guard let ranges = reply.elements else { throw reply.mismatch("ranges of slots") }
    for range in ranges {
      guard let parts = range.elements, parts.count >= 3, let node = parts[2].elements, node.count >= 2,
        case .integer(let first) = parts[0], case .integer(let last) = parts[1], case .integer(let port) = node[1],
        first >= 0, first <= last, last < HashSlot.count, let port = UInt16(exactly: port)
      else { throw range.mismatch("a range of slots") }
      let master = Address.tcp(host: node[0].text, port: port, near: address)
      for slot in first...last { move(slot, to: master) }
    }
  }

  /// The master of a slot; nil if it is not known.
  subscript(slot: Int) -> Address? {
    guard owners.indices.contains(slot), owners[slot] >= 0 else { return nil }
    return masters[Int(owners[slot])]
  }

  /// Notes that a slot has another master.
  mutating func move(_ slot: Int, to master: Address) {
    guard owners.indices.contains(slot) else { return }
    let position = masters.firstIndex(of: master) ?? masters.endIndex
    // There can't be more masters than slots, but there may be more that were.
    guard let owner = Int16(exactly: position) else { return }
    if position == masters.endIndex { masters.append(master) }
    owners[slot] = owner
  }
}

extension Address {
  /// A node's address as a node of the cluster names it, which may leave the host out.
  static func tcp(host: String?, port: UInt16, near address: Address) -> Address {
    if let host, !host.isEmpty, host != "?" { return .tcp(host: host, port: port) }
    return switch address {
    case .tcp(let host, _): .tcp(host: host, port: port)
    case .unix: .tcp(host: "127.0.0.1", port: port)
    }
  }
}

/// What a node replies that does not serve a key now.
enum Redirection: Equatable {
  /// `MOVED`: another node serves the slot from now on.
  case moved(slot: Int, to: Address)
  /// `ASK`: another node has the key already, while the slot is on its way to it.
  case ask(Address)
  /// Nobody serves the key at the moment.
  case wait

  /// - Parameter address: the node that replied.
  init?(_ error: ClientError, askedAt address: Address) {
    guard case .server(let code, let message) = error else { return nil }
    switch code {
    case "MOVED", "ASK":
      let words = message.split(separator: " ")
      guard words.count == 2, let slot = Int(words[0]), let colon = words[1].lastIndex(of: ":"),
        let port = UInt16(words[1][words[1].index(after: colon)...])
      else { return nil }
      let target = Address.tcp(host: String(words[1][..<colon]), port: port, near: address)
      self = code == "ASK" ? .ask(target) : .moved(slot: slot, to: target)
    case "TRYAGAIN", "CLUSTERDOWN", "LOADING", "MASTERDOWN":
      self = .wait
    default:
      return nil
    }
  }
}
