import java.io.StringReader;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.sql.Array;
import java.sql.BatchUpdateException;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicBoolean;
import org.postgresql.PGConnection;
import org.postgresql.util.PSQLException;

/** What the PostgreSQL JDBC driver can do on the wire; prints what it saw. The connection comes from CHAPERONE_JDBC_*. */
public class JdbcClient {
  interface Body {
    void run() throws Exception;
  }

  public static void main(String[] args) throws Exception {
    for (String mode : new String[] {"extended", "simple", "extendedForPrepared", "extendedCacheEverything"}) {
      System.out.println("== " + mode);
      System.setProperty("mode", mode);
      try (Connection connection = connect(mode)) {
        types(connection);
        prepared(connection);
        batches(connection);
        transactions(connection);
        cursors(connection);
        copy(connection);
        warnings(connection);
        metadata(connection);
        failures(connection);
        if (mode.equals("extended") || mode.equals("simple")) cancel(connection);
      }
    }
  }

  static Connection connect(String mode) throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", System.getenv("PGUSER"));
    properties.setProperty("password", System.getenv("PGPASSWORD"));
    properties.setProperty("preferQueryMode", mode);
    properties.setProperty("prepareThreshold", "3");
    properties.setProperty("sslmode", System.getenv("PGSSLMODE"));
    if (System.getenv("PGSSLROOTCERT") != null) properties.setProperty("sslrootcert", System.getenv("PGSSLROOTCERT"));
    return DriverManager.getConnection(System.getenv("CHAPERONE_JDBC_URL"), properties);
  }

  static void attempt(String what, Body body) throws Exception {
    try {
      body.run();
      System.out.println(what + ": done");
    } catch (BatchUpdateException error) {
      System.out.println(what + ": " + error.getSQLState() + " " + java.util.Arrays.toString(error.getUpdateCounts()));
    } catch (PSQLException error) {
      System.out.println(what + ": " + error.getSQLState() + " " + error.getMessage());
    }
  }

  static void print(ResultSet rows) throws SQLException {
    int width = rows.getMetaData().getColumnCount();
    while (rows.next()) {
      StringBuilder line = new StringBuilder();
      for (int i = 1; i <= width; i++) line.append(i > 1 ? " | " : "").append(value(rows, i));
      System.out.println(line);
    }
  }

  /** A bytea in binary has no text of its own. */
  static String value(ResultSet rows, int column) throws SQLException {
    boolean bytes = rows.getMetaData().getColumnTypeName(column).equals("bytea");
    return bytes ? java.util.Arrays.toString(rows.getBytes(column)) : rows.getString(column);
  }

  static void types(Connection connection) throws Exception {
    String sql = "select b, i2, i4, i8, f4, f8, n, t, c, v, y, d, tm, tz, ts, tt, iv, u, j, jb, ip, p, r, a from types";
    // Often enough that the driver changes to a named statement and to binary values.
    for (int i = 0; i < 5; i++) {
      try (PreparedStatement statement = connection.prepareStatement(sql); ResultSet rows = statement.executeQuery()) {
        if (i % 2 == 0) print(rows);
      }
    }
  }

  static void prepared(Connection connection) throws Exception {
    try (PreparedStatement statement = connection.prepareStatement("select ?::int + 1, ?::text, ?::numeric, ?::int[]")) {
      for (int i = 0; i < 6; i++) {
        statement.setInt(1, i);
        statement.setString(2, i % 2 == 0 ? null : "ü" + i);
        statement.setBigDecimal(3, new BigDecimal("1.50"));
        Array array = connection.createArrayOf("int4", new Integer[] {i, null});
        statement.setArray(4, array);
        try (ResultSet rows = statement.executeQuery()) {
          print(rows);
        }
      }
    }
    try (PreparedStatement insert =
        connection.prepareStatement("insert into shop.customers (name) values (?)", Statement.RETURN_GENERATED_KEYS)) {
      insert.setString(1, "from java");
      System.out.println(insert.executeUpdate());
      try (ResultSet keys = insert.getGeneratedKeys()) {
        keys.next();
        System.out.println(keys.getString("name"));
      }
    }
    // The driver's simple mode cannot bind the result of a call.
    if (System.getProperty("mode").equals("simple")) return;
    try (CallableStatement call = connection.prepareCall("{ ? = call upper(?) }")) {
      call.registerOutParameter(1, java.sql.Types.VARCHAR);
      call.setString(2, "called");
      call.execute();
      System.out.println(call.getString(1));
    }
  }

  static void batches(Connection connection) throws Exception {
    try (PreparedStatement batch = connection.prepareStatement("insert into shop.events values (?::timestamptz, ?)")) {
      for (int i = 0; i < 300; i++) {
        batch.setString(1, "2024-06-01 00:00+00");
        batch.setString(2, "batch " + i);
        batch.addBatch();
      }
      System.out.println(batch.executeBatch().length);
      batch.setString(1, "1990-01-01");
      batch.setString(2, "no partition");
      batch.addBatch();
      batch.setString(1, "2024-06-02");
      batch.setString(2, "skipped");
      batch.addBatch();
      attempt("failing batch", batch::executeBatch);
    }
    try (Statement statement = connection.createStatement()) {
      statement.addBatch("update shop.orders set total = total + 1 where id < 4");
      statement.addBatch("select 1");
      attempt("mixed batch", statement::executeBatch);
    }
  }

  static void transactions(Connection connection) throws Exception {
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.executeUpdate("insert into shop.events values ('2024-08-01', 'kept')");
      Savepoint point = connection.setSavepoint("point");
      attempt("inside", () -> statement.executeUpdate("insert into shop.events values ('1990-01-01', 'no')"));
      attempt("aborted", () -> statement.executeQuery("select 1"));
      connection.rollback(point);
      connection.commit();
      statement.executeUpdate("delete from shop.events where what = 'kept'");
      connection.rollback();
      try (ResultSet rows = statement.executeQuery("select count(*) > 0 from shop.events where what = 'kept'")) {
        print(rows);
      }
      connection.commit();
    } finally {
      connection.setAutoCommit(true);
    }
  }

  static void cursors(Connection connection) throws Exception {
    connection.setAutoCommit(false);
    try (PreparedStatement statement = connection.prepareStatement("select n, repeat('x', n) from generate_series(1, 1000) n")) {
      statement.setFetchSize(37);
      long length = 0;
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) length += rows.getString(2).length();
      }
      System.out.println(length);
      try (PreparedStatement few = connection.prepareStatement("select n, repeat('x', n) from generate_series(1, 1000) n")) {
        few.setMaxRows(5);
        try (ResultSet rows = few.executeQuery()) {
          if (!System.getProperty("mode").equals("simple")) print(rows);
        }
      }
    } finally {
      connection.commit();
      connection.setAutoCommit(true);
    }
  }

  static void copy(Connection connection) throws Exception {
    var copies = connection.unwrap(PGConnection.class).getCopyAPI();
    try (Statement statement = connection.createStatement()) {
      statement.execute("create temporary table if not exists copied (n int, t text)");
      System.out.println(copies.copyIn("copy copied from stdin", new StringReader("1\tone\n2\t\\N\n")));
      StringWriter out = new StringWriter();
      System.out.println(copies.copyOut("copy copied to stdout with (format csv)", out) + " " + out);
      attempt("bad copy", () -> copies.copyIn("copy copied from stdin", new StringReader("x\ty\n")));
      statement.execute("drop table copied");
    }
  }

  static void warnings(Connection connection) throws Exception {
    try (Statement statement = connection.createStatement()) {
      statement.execute("do $$ begin raise notice 'first'; raise warning 'second'; end $$");
      for (SQLWarning warning = statement.getWarnings(); warning != null; warning = warning.getNextWarning()) {
        System.out.println(warning.getSQLState() + " " + warning.getMessage());
      }
      boolean more = statement.execute("select 1; update shop.orders set total = total where id < 3; select 2, 3");
      while (more || statement.getUpdateCount() != -1) {
        if (more) print(statement.getResultSet());
        else System.out.println(statement.getUpdateCount());
        more = statement.getMoreResults();
      }
    }
  }

  static void metadata(Connection connection) throws Exception {
    DatabaseMetaData data = connection.getMetaData();
    System.out.println(data.getDatabaseProductVersion() + " " + data.getMaxConnections());
    try (ResultSet rows = data.getTables(null, "shop", "%", new String[] {"TABLE", "VIEW"})) {
      while (rows.next()) System.out.println(rows.getString("TABLE_NAME") + " " + rows.getString("TABLE_TYPE"));
    }
    try (ResultSet rows = data.getColumns(null, "shop", "customers", "%")) {
      while (rows.next()) System.out.println(rows.getString("COLUMN_NAME") + " " + rows.getString("TYPE_NAME"));
    }
    try (ResultSet rows = data.getImportedKeys(null, "shop", "orders")) {
      while (rows.next()) System.out.println(rows.getString("FK_NAME") + " " + rows.getString("PKTABLE_NAME"));
    }
    // The driver's simple mode cannot describe a statement before it runs.
    if (System.getProperty("mode").equals("simple")) return;
    try (PreparedStatement statement = connection.prepareStatement("select id, total from shop.orders where id = ?")) {
      var columns = statement.getMetaData();
      System.out.println(columns.getColumnTypeName(1) + " " + columns.getColumnTypeName(2) + " " + columns.isNullable(1));
      System.out.println(statement.getParameterMetaData().getParameterTypeName(1));
    }
  }

  static void failures(Connection connection) throws Exception {
    try (Statement statement = connection.createStatement()) {
      attempt("syntax", () -> statement.execute("selec 1"));
      attempt("division", () -> statement.execute("select 1/0"));
      attempt("unique", () -> statement.execute("insert into shop.customers (name, email) values ('x', 'c1@example.test')"));
      try (ResultSet rows = statement.executeQuery("select 'usable'")) {
        print(rows);
      }
    }
  }

  static void cancel(Connection connection) throws Exception {
    try (Statement statement = connection.createStatement()) {
      // Asks again until it took, for the first may come before the statement has begun.
      AtomicBoolean done = new AtomicBoolean();
      Thread canceller = new Thread(() -> {
        try {
          while (!done.get()) {
            Thread.sleep(200);
            if (!done.get()) statement.cancel();
          }
        } catch (InterruptedException | SQLException error) {
          System.out.println("cancel failed: " + error.getMessage());
        }
      });
      canceller.start();
      attempt("cancelled", () -> statement.execute("select pg_sleep(20)"));
      done.set(true);
      canceller.join();
      try (ResultSet rows = statement.executeQuery("select 'alive'")) {
        print(rows);
      }
    }
  }
}
