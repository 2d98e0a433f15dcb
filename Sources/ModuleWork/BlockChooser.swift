/// Chooses how much is read where one page is missing.
///
/// A file that fits into memory is warm sooner if much is read each time, and one that does not is read soonest if nothing is
/// read in vain. Which of them it is shows when a page is missing that has been read with its neighbours before: memory
/// is scarce then, and for a long time only what is needed is read.
package struct BlockChooser {
  /// Blocks that have been read, by a hash of them; 0: none.
  private var blocks = [UInt64](repeating: 0, count: 1 << 14)
  private var level = BlockChooser.levels.upperBound
  /// Misses since the last sign that memory is scarce, and how many of them are a sign that it is not.
  private var calm = 0
  private var patience = 256

  /// A block of level n has 4ⁿ pages.
  private static let levels = 0...2
  private static let mostPatience = 1 << 20

  package init() {}

  /// The pages of a file that are to be read where one is missing.
  package func block(around page: Int) -> Range<Int> { BlockChooser.block(around: page, level) }

  /// A page of a file is missing.
  package mutating func noteMissing(_ page: Int, of file: UInt64) {
    if forgetRead(page, of: file) {
      level = max(level - 1, BlockChooser.levels.lowerBound)
      patience = min(patience * 2, BlockChooser.mostPatience)
      calm = 0
    } else {
      calm += 1
      if calm >= patience {
        level = min(level + 1, BlockChooser.levels.upperBound)
        calm = 0
      }
    }
  }

  /// A block of a file has been read.
  package mutating func noteRead(_ block: Range<Int>, of file: UInt64) {
    guard block.count > 1 else { return }
    let key = BlockChooser.key(of: block, file)
    blocks[BlockChooser.slot(of: key)] = key
  }

  /// Whether a page has been read with its neighbours. Each block that has been is a sign once.
  private mutating func forgetRead(_ page: Int, of file: UInt64) -> Bool {
    var isRead = false
    for level in BlockChooser.levels.dropFirst() {
      let key = BlockChooser.key(of: BlockChooser.block(around: page, level), file)
      if blocks[BlockChooser.slot(of: key)] == key {
        blocks[BlockChooser.slot(of: key)] = 0
        isRead = true
      }
    }
    return isRead
  }

  private static func block(around page: Int, _ level: Int) -> Range<Int> {
    let count = 1 << (2 * level)
    let start = page & ~(count - 1)
    return start..<start &+ count
  }

  /// Never 0.
  private static func key(of block: Range<Int>, _ file: UInt64) -> UInt64 {
    (UInt64(bitPattern: Int64(block.lowerBound)) &* 32 &+ UInt64(block.count) ^ file &* 0x9E37_79B9_7F4A_7C15) | 1
  }

  private static func slot(of key: UInt64) -> Int { Int((key &* 0xD6E8_FEB8_6659_FD93) >> 50) }
}
